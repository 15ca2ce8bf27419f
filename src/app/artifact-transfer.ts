/** What pushing and pulling artifacts have in common: the storages of a scope, their objects, and the report. */
import type { Digest } from '../domain/digest.ts';
import { createDigestSet } from '../domain/digest-set.ts';
import { type CachePlace, isDirDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { findStorage, type Storage, shownUrl } from '../domain/storage.ts';
import { OBJECTS_PREFIX, type StorageKey } from '../domain/storage-key.ts';
import {
  type ArtifactTransfer,
  countOutcomes,
  type TransferCounts,
  type TransferPart,
  transferOf,
} from '../domain/transfer.ts';
import { keyOfDigest, uniqueMembers, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { readEntries } from './artifact-state.ts';
import type { Context } from './clone.ts';
import { hashProgress } from './hash-progress.ts';
import { beginTransfer, openBudget, type Transfer } from './move-objects.ts';
import { readConfig, type StorageContext } from './storages.ts';
import type { Files } from './track.ts';

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

/** One storage, and what it is asked for. */
export type Reach = {
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
 * @throws CmfError those of findStorage, before anything is done
 */
export async function withEachStorage(
  context: Context,
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  { storage: chosen, limitBytes, doing }: TransferOptions & { readonly doing: string },
  work: (reach: Reach) => Promise<void>,
): Promise<StorageTransfer[]> {
  const budget = openBudget(limitBytes);
  const transfers: StorageTransfer[] = [];
  for (const [storage, group] of await groupByStorage(storages, artifacts, chosen)) {
    const progress = hashProgress(context, `${doing} ${shownUrl(storage)}`);
    const transfer = beginTransfer(budget, progress.report);
    const objects = lazily(() => storages.open(storage));
    const plan: ArtifactObjects[] = [];
    try {
      await work({ group, open: objects.open, transfer, plan });
    } catch (error) {
      if (!(error instanceof CmfError) || error.code === 'internal') throw error;
      transfer.stopped ??= error;
    } finally {
      progress.end();
      await objects.close();
    }
    transfers.push(summarise(storage, group, plan, transfer));
  }
  return transfers;
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

/** So many objects are asked for one by one; more by listing all that the storage has. */
const ASKED_MAX = 2000;

/** The sizes of those of these objects that a storage has. */
export async function sizesThere(
  objects: ObjectStorage,
  digests: readonly Digest[],
): Promise<ReadonlyMap<StorageKey, number>> {
  const keys = digests.map(keyOfDigest);
  if (keys.length <= ASKED_MAX) return objects.sizes(keys);
  const wanted = new Set(keys);
  const sizes = new Map<StorageKey, number>();
  // DVC 2's objects lie beside anything else that the folder may hold, in 256 folders of their own.
  const legacy = new Set(keys.filter((key) => !key.startsWith(OBJECTS_PREFIX)).map((key) => key.slice(0, 3)));
  const prefixes = keys.some((key) => key.startsWith(OBJECTS_PREFIX)) ? [OBJECTS_PREFIX, ...legacy] : [...legacy];
  for (const prefix of prefixes) {
    for await (const batch of objects.list(prefix)) {
      for (const { key, sizeBytes } of batch) if (wanted.has(key)) sizes.set(key, sizeBytes);
    }
  }
  return sizes;
}

/** An artifact with its objects: `list` is a folder's, and `members` are its files, or the file itself. */
export type ArtifactObjects = {
  readonly artifact: WantedArtifact;
  readonly list: Digest | undefined;
  readonly members: readonly Digest[];
  /** False for a folder whose list was not here when it was asked for: which files it has is not known. */
  readonly isListed: boolean;
};

/** @param membersOf the files of a folder; undefined where its list cannot be had */
export function objectsOf(
  artifact: WantedArtifact,
  membersOf: (list: Digest) => readonly Digest[] | undefined,
): ArtifactObjects {
  const { digest } = artifact;
  if (!isDirDigest(digest)) return { artifact, list: undefined, members: [digest], isListed: true };
  const members = membersOf(digest);
  return { artifact, list: digest, members: members ?? [], isListed: members !== undefined };
}

/** Each object once. */
export function uniqueDigests(digests: Iterable<Digest>): Digest[] {
  return [...createDigestSet(digests).values()];
}

/** The names of objects that may be nowhere without anybody having lost them. */
export function unkeptIn(all: readonly ArtifactObjects[]): ReadonlySet<StorageKey> {
  const keysOf = ({ list, members }: ArtifactObjects): StorageKey[] =>
    (list === undefined ? members : [list, ...members]).map(keyOfDigest);
  const unkept = new Set(all.filter(({ artifact }) => !artifact.isKept).flatMap(keysOf));
  if (unkept.size === 0) return unkept;
  for (const key of all.filter(({ artifact }) => artifact.isKept).flatMap(keysOf)) unkept.delete(key);
  return unkept;
}

/**
 * The files of a folder by the list in the cache; undefined where it is not there. One that no reader may accept, or that is not
 * what its name says, is a failure of that folder.
 */
export function membersIn({ files, place }: Cache, transfer: Transfer, list: Digest): readonly Digest[] | undefined {
  try {
    const entries = readEntries(files, place, list);
    return entries === undefined ? undefined : uniqueMembers(list, entries);
  } catch (error) {
    if (!(error instanceof CmfError) || error.code !== 'damaged') throw error;
    const key = keyOfDigest(list);
    // Why it did not come says more.
    if (transfer.outcomes.get(key)?.kind !== 'failed') {
      transfer.outcomes.set(key, { kind: 'failed', reason: error.message, hint: error.hint });
    }
    return undefined;
  }
}

/** DVC's cache of this work tree. */
export type Cache = { readonly files: Files; readonly place: CachePlace };

/** Sums up what became of artifacts. What has no outcome when it ended early was not begun. */
export function summarise(
  storage: Storage,
  group: readonly WantedArtifact[],
  plan: readonly ArtifactObjects[],
  { outcomes, stopped }: Transfer,
): StorageTransfer {
  const known = plan.length > 0 ? plan : group.map((artifact) => objectsOf(artifact, () => []));
  const parts = known.map(({ artifact: { path, digest }, list, members }): TransferPart => {
    const keys = members.map(keyOfDigest);
    return { path, digest, keys: list === undefined ? keys : [keyOfDigest(list), ...keys] };
  });
  if (stopped !== undefined) {
    for (const key of parts.flatMap(({ keys }) => keys)) {
      if (!outcomes.has(key)) outcomes.set(key, { kind: 'queued', bytes: 0 });
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
