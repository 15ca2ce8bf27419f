/** What pushing and pulling artifacts have in common: the storages of a scope, their objects, and the report. */
import type { Digest } from '../domain/digest.ts';
import { createDigestSet } from '../domain/digest-set.ts';
import { CmfError } from '../domain/errors.ts';
import { findStorage, type Storage, shownUrl } from '../domain/storage.ts';
import {
  type ArtifactTransfer,
  countOutcomes,
  type TransferCounts,
  type TransferPart,
  transferOf,
} from '../domain/transfer.ts';
import { namesOf, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { type ArtifactObjects, allOf, NOT_THERE, objectsOf, sizesThere } from './artifact-objects.ts';
import type { Context } from './clone.ts';
import { hashProgress } from './hash-progress.ts';
import { beginTransfer, openBudget, type Transfer } from './move-objects.ts';
import { readConfig, type StorageContext } from './storages.ts';

export type TransferOptions = {
  /** The storage to use, whatever pointers say; else the one that each names, else the default one. */
  readonly storage?: string;
  /** How many bytes may go; what does not fit is queued. */
  readonly limitBytes?: number;
};

/** What went to or came from one storage. */
export type StorageTransfer = {
  readonly storage: Storage;
  readonly artifacts: readonly ArtifactTransfer[];
  readonly counts: TransferCounts;
  /** What ended it before its end. */
  readonly stopped: CmfError | undefined;
};

/** What is known of a transfer without a look at its objects. */
export type KnownTransfer = Pick<StorageTransfer, 'artifacts' | 'counts'>;

/** One storage, and what it is asked for. */
export type Reach = {
  readonly storage: Storage;
  readonly group: readonly WantedArtifact[];
  /** Opens the storage; the first call reaches it. */
  readonly open: () => Promise<ObjectStorage>;
  readonly transfer: Transfer;
  /** Filled as it becomes known what the artifacts of the group consist of. */
  readonly plan: ArtifactObjects[];
};

/**
 * Does the work for each storage that has a part in it. A storage that fails stops no other, and what is known by then is in
 * the report.
 * @param artifacts of which some may name a storage of their own
 * @param doing what a person sees: `sending to`
 * @param isHere true for an object that is in the cache
 * @param work fills the plan and the outcomes of its transfer, or returns what is known without them
 * @throws CmfError those of findStorage, before anything is done
 */
export async function withEachStorage(
  context: Context,
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  { storage: chosen, limitBytes, doing, isHere }: TransferOptions & TransferSide,
  work: (reach: Reach) => Promise<KnownTransfer | undefined>,
): Promise<StorageTransfer[]> {
  const budget = openBudget(limitBytes);
  const transfers: StorageTransfer[] = [];
  for (const [storage, asked] of await groupByStorage(storages, artifacts, chosen)) {
    const progress = hashProgress(context, `${doing} ${shownUrl(storage)}`);
    const transfer = beginTransfer(budget, progress.report);
    const objects = lazily(() => storages.open(storage));
    const plan: ArtifactObjects[] = [];
    let group = asked;
    let known: KnownTransfer | undefined;
    try {
      group = await byNamesAtHand(asked, isHere, objects.open);
      known = await work({ storage, group, open: objects.open, transfer, plan });
    } catch (error) {
      if (!(error instanceof CmfError) || error.code === 'internal') throw error;
      transfer.stopped ??= error;
    } finally {
      progress.end();
      await objects.close();
    }
    transfers.push(
      known === undefined ? summarise(storage, group, plan, transfer) : { storage, ...known, stopped: undefined },
    );
  }
  return transfers;
}

/** What differs between sending and getting. */
type TransferSide = { readonly doing: string; readonly isHere: (digest: Digest) => boolean };

/**
 * Artifacts by the first of their names whose object is in the cache or in the storage: what DVC 2 keeps by one name, another
 * site may have by the other. The storage is asked only where it has to be.
 */
async function byNamesAtHand(
  asked: readonly WantedArtifact[],
  isHere: (digest: Digest) => boolean,
  open: () => Promise<ObjectStorage>,
): Promise<readonly WantedArtifact[]> {
  const doubtful = asked.filter((artifact) => artifact.aliases.length > 0 && !isHere(artifact.digest));
  if (doubtful.length === 0) return asked;
  const names = createDigestSet(doubtful.flatMap(namesOf));
  const there = await sizesThere(
    await open(),
    names,
    Array.from(names.values(), (_, object) => object),
  );
  const isAtHand = (name: Digest): boolean => isHere(name) || there[names.find(name)] !== NOT_THERE;
  const byName = new Map(doubtful.map((artifact) => [artifact, namesOf(artifact).find(isAtHand)]));
  return asked.map((artifact) => ({ ...artifact, digest: byName.get(artifact) ?? artifact.digest }));
}

/** A storage is reached when something is asked of it: where nothing is missing, none has to be. */
function lazily(open: () => Promise<ObjectStorage>) {
  let opened: Promise<ObjectStorage> | undefined;
  return {
    open: () => {
      opened ??= open();
      return opened;
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

/** The artifacts by the storage that keeps them. */
async function groupByStorage(
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  chosen: string | undefined,
): Promise<ReadonlyMap<Storage, readonly WantedArtifact[]>> {
  const config = await readConfig(storages);
  const known = new Map<string | undefined, Storage>();
  const groups = new Map<Storage, WantedArtifact[]>();
  for (const artifact of artifacts) {
    const name = chosen ?? artifact.storage;
    const storage = known.get(name) ?? findStorage(config, name);
    known.set(name, storage);
    const group = groups.get(storage);
    if (group === undefined) groups.set(storage, [artifact]);
    else group.push(artifact);
  }
  return groups;
}

/** Sums up what became of artifacts. What has no outcome when it ended early was not begun. */
export function summarise(
  storage: Storage,
  group: readonly WantedArtifact[],
  plan: readonly ArtifactObjects[],
  { outcomes, stopped }: Transfer,
): StorageTransfer {
  const known = plan.length > 0 ? plan : group.map((one) => objectsOf(one, outcomes.objects, () => undefined));
  const parts = known.map((one): TransferPart => {
    const { path, digest } = one.artifact;
    return { path, digest, objects: allOf(one) };
  });
  if (stopped !== undefined) {
    for (const { objects } of parts) {
      for (const object of objects) {
        if (outcomes.get(object) === undefined) outcomes.set(object, { kind: 'queued', bytes: 0 });
      }
    }
  }
  return {
    storage,
    artifacts: parts.map((part, i) => withOrigin(known[i]?.artifact, transferOf(part, outcomes))),
    counts: countOutcomes(outcomes.keys(), outcomes),
    stopped,
  };
}

/** What no program ever sends there comes from somewhere else. */
function withOrigin(artifact: WantedArtifact | undefined, transfer: ArtifactTransfer): ArtifactTransfer {
  if (artifact?.isSent !== false || transfer.state !== 'failed') return transfer;
  return { ...transfer, hint: 'its pointer keeps it out of storages; what was imported comes with dvc pull' };
}

/** What to say after the report; undefined when nothing failed. @param what `go` or `come` */
export function failureOf(transfers: readonly StorageTransfer[], what: 'go' | 'come'): CmfError | undefined {
  const stopped = transfers.find((transfer) => transfer.stopped !== undefined)?.stopped;
  if (stopped !== undefined) return stopped;
  const failed = transfers.flatMap(({ artifacts }) => artifacts.filter(({ state }) => state === 'failed'));
  const [first] = failed;
  if (first === undefined) return undefined;
  const many = failed.length === 1 ? '1 artifact' : `${failed.length} artifacts`;
  return new CmfError('check-failed', {
    message: `${many} did not ${what} as a whole`,
    hint: first.hint ?? 'the same command again goes on where this one stopped',
  });
}
