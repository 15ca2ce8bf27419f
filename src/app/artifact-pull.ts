/**
 * Getting artifacts from storages into the cache: a folder's list first, which says what its files are, then what is missing.
 * Every byte is hashed while it comes. What came is made durable and named batch by batch, so the same command again goes
 * on.
 */
import type { Digest } from '../domain/digest.ts';
import type { CachePlace } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { shownUrl } from '../domain/storage.ts';
import { noSuchObject } from '../domain/storage-failure.ts';
import type { StorageKey } from '../domain/storage-key.ts';
import { keyOfDigest, uniqueMembers, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectIntake } from '../ports/object-cache.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { readEntries } from './artifact-state.ts';
import {
  groupByStorage,
  objectsOf,
  type StorageTransfer,
  sizesThere,
  summarise,
  type TransferOptions,
  uniqueDigests,
} from './artifact-transfer.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { hashProgress } from './hash-progress.ts';
import { beginTransfer, inBatches, type Movable, moveObjects, type Transfer, withinLimit } from './move-objects.ts';
import type { StorageContext } from './storages.ts';
import type { Files } from './track.ts';

/** A kill loses no more than this; each batch costs a wait for the disk. */
const BATCH_OBJECTS = 8192;
const BATCH_BYTES = 512 * 1024 * 1024;
/** The longest list of a directory: what the cache reads, too. */
const LIST_BYTES_MAX = 512 * 1024 * 1024 - 1;

type Incoming = Movable & { readonly digest: Digest };

/**
 * Brings artifacts into the cache; the work tree is not touched. What could not be had is in the report.
 * @throws CmfError `not-found` for a storage that is not named in the configuration; `refused`, `environment`
 */
export async function pullArtifacts(
  context: Context,
  files: Files,
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  options: TransferOptions,
): Promise<StorageTransfer[]> {
  const place = await cachePlaceOf(context, files.config);
  if (artifacts.length > 0) await files.pointers.ensureDvcFolder(context.repository.layout.worktree ?? place.directory);
  const transfers: StorageTransfer[] = [];
  let leftBytes = options.limitBytes;
  for (const [storage, group] of await groupByStorage(storages, artifacts, options.storage)) {
    const progress = hashProgress(context, `getting from ${shownUrl(storage)}`);
    const objects = lazily(() => storages.open(storage));
    const transfer = beginTransfer(leftBytes, progress.report);
    const intake = files.objects.openIntake(place);
    try {
      const pull: Pull = { files, place, open: objects.open, intake, transfer };
      await bring(pull, lackingLists(pull, group));
      const all = group.map((artifact) => objectsOf(artifact, (list) => membersOf(pull, list)));
      await bring(pull, lacking(pull, uniqueDigests(all.flatMap(({ members }) => members))));
      transfers.push(summarise(storage, all, transfer.outcomes));
    } finally {
      progress.end();
      intake.discard();
      await objects.close();
    }
    if (leftBytes !== undefined) leftBytes = transfer.leftBytes;
  }
  return transfers;
}

type Pull = {
  readonly files: Files;
  readonly place: CachePlace;
  readonly open: () => Promise<ObjectStorage>;
  readonly intake: ObjectIntake;
  readonly transfer: Transfer;
};

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

/** Lists that are not in the cache, or are there and wrong. The others have their outcome. */
function lackingLists({ files, place, transfer }: Pull, group: readonly WantedArtifact[]): Digest[] {
  const lists = uniqueDigests(group.flatMap(({ digest }) => (digest.kind.endsWith('-dir') ? [digest] : [])));
  return lists.filter((list) => {
    const isHere = isRight(() => files.objects.readDirectory(place, list));
    if (isHere) transfer.outcomes.set(keyOfDigest(list), { kind: 'there' });
    return !isHere;
  });
}

/** The files of a folder; none where its list did not come. One that no reader may accept is the folder's failure. */
function membersOf({ files, place, transfer }: Pull, list: Digest): readonly Digest[] {
  try {
    return uniqueMembers(list, readEntries(files, place, list) ?? []);
  } catch (error) {
    if (!(error instanceof CmfError) || error.code !== 'damaged') throw error;
    const key = keyOfDigest(list);
    // Why it did not come says more.
    if (transfer.outcomes.get(key)?.kind !== 'failed') {
      transfer.outcomes.set(key, { kind: 'failed', reason: error.message, hint: error.hint });
    }
    return [];
  }
}

function lacking({ files, place, transfer }: Pull, digests: readonly Digest[]): readonly Digest[] {
  const missing = files.objects.missing(place, digests);
  const names = new Set(missing.map(keyOfDigest));
  for (const digest of digests) {
    const key = keyOfDigest(digest);
    if (!names.has(key)) transfer.outcomes.set(key, { kind: 'there' });
  }
  return missing;
}

/** Brings objects into the cache, batch by batch. */
async function bring(pull: Pull, digests: readonly Digest[]): Promise<void> {
  if (digests.length === 0) return;
  const { transfer, intake } = pull;
  const objects = await pull.open();
  const there = await sizesThere(objects, digests);
  const coming = withinLimit(
    transfer,
    digests.flatMap((digest) => incoming(transfer, digest, there)),
  );
  for (const batch of inBatches(coming, BATCH_OBJECTS, BATCH_BYTES)) {
    await moveObjects(transfer, batch, objects.parallel, ({ key, digest }) => take(intake, objects, key, digest));
    await intake.commit();
  }
}

function incoming(transfer: Transfer, digest: Digest, there: ReadonlyMap<StorageKey, number>): Incoming[] {
  const key = keyOfDigest(digest);
  const sizeBytes = there.get(key);
  if (sizeBytes !== undefined && (!key.endsWith('.dir') || sizeBytes <= LIST_BYTES_MAX)) {
    return [{ key, digest, sizeBytes, repairs: false }];
  }
  const { message: reason, hint } =
    sizeBytes === undefined
      ? noSuchObject(key)
      : { message: `${key} has ${sizeBytes} bytes, too many for the list of a folder`, hint: undefined };
  transfer.outcomes.set(key, { kind: 'failed', reason, hint });
  return [];
}

/** Wrong bytes may be the line's fault: asked for once more. */
async function take(intake: ObjectIntake, objects: ObjectStorage, key: StorageKey, digest: Digest): Promise<number> {
  const fetch = () => intake.take(digest, (path, observe) => objects.get(key, path, { observe }));
  return fetch().catch((error: unknown) => {
    if (error instanceof CmfError && error.code === 'damaged') return fetch();
    throw error;
  });
}

/** A list in the cache that is not what its name says is as good as none: the right one replaces it. */
function isRight(read: () => string | undefined): boolean {
  try {
    return read() !== undefined;
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return false;
    throw error;
  }
}
