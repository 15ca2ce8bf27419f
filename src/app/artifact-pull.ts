/**
 * Getting artifacts from storages into the cache: a folder's list first, which says what its files are, then what is missing.
 * Every byte is hashed while it comes. What came is made durable and named batch by batch, so the same command again goes
 * on.
 */
import type { Digest } from '../domain/digest.ts';
import { createDigestSet } from '../domain/digest-set.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { noSuchObject } from '../domain/storage-failure.ts';
import type { StorageKey } from '../domain/storage-key.ts';
import { keyOfDigest, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectIntake } from '../ports/object-cache.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import {
  type Cache,
  membersIn,
  objectsOf,
  type StorageTransfer,
  sizesThere,
  type TransferOptions,
  uniqueDigests,
  unkeptIn,
  withEachStorage,
} from './artifact-transfer.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { inBatches, type Movable, moveObjects, settleMoved, type Transfer, withinLimit } from './move-objects.ts';
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
  return withEachStorage(context, storages, artifacts, { ...options, doing: 'getting from' }, async (reach) => {
    const { group, transfer, plan, open } = reach;
    const intake = files.objects.openIntake(place);
    const pull: Pull = { files, place, open, intake, transfer };
    try {
      const unkept = unkeptIn(group.map((artifact) => objectsOf(artifact, () => [])));
      await bring(pull, lackingLists(pull, group), unkept);
      for (const artifact of group) plan.push(objectsOf(artifact, (list) => membersIn(pull, transfer, list)));
      const members = uniqueDigests(plan.flatMap((one) => one.members));
      await bring(pull, await lacking(pull, members), unkeptIn(plan));
    } finally {
      intake.discard();
    }
  });
}

type Pull = Cache & {
  readonly open: () => Promise<ObjectStorage>;
  readonly intake: ObjectIntake;
  readonly transfer: Transfer;
};

/** Lists that are not in the cache, or are there and wrong. The others have their outcome. */
function lackingLists({ files, place, transfer }: Pull, group: readonly WantedArtifact[]): Digest[] {
  const lists = uniqueDigests(group.flatMap(({ digest }) => (isDirDigest(digest) ? [digest] : [])));
  return lists.filter((list) => {
    const isHere = isRight(() => files.objects.readDirectory(place, list));
    if (isHere) transfer.outcomes.set(keyOfDigest(list), { kind: 'there' });
    return !isHere;
  });
}

/** Those that are not in the cache, or are there without DVC's mark of trust and wrong. The others have their outcome. */
async function lacking({ files, place, transfer }: Pull, digests: readonly Digest[]): Promise<readonly Digest[]> {
  const { sizes, trusted } = files.objects.look(place, digests);
  const doubtful = digests.filter((_, i) => (sizes[i] ?? -1) >= 0 && trusted[i] !== 1);
  const { bad } = doubtful.length === 0 ? { bad: [] } : await files.objects.verify(place, doubtful);
  const wrong = createDigestSet(bad.flatMap(({ digest, problem }) => (problem === 'writable' ? [] : [digest])));
  return digests.filter((digest, i) => {
    const isLacking = (sizes[i] ?? -1) < 0 || wrong.has(digest);
    if (!isLacking) transfer.outcomes.set(keyOfDigest(digest), { kind: 'there' });
    return isLacking;
  });
}

/** Brings objects into the cache, batch by batch. */
async function bring(pull: Pull, digests: readonly Digest[], unkept: ReadonlySet<StorageKey>): Promise<void> {
  if (digests.length === 0) return;
  const { transfer, intake } = pull;
  const objects = await pull.open();
  const there = await sizesThere(objects, digests);
  const coming = digests.flatMap((digest) => incoming(transfer, digest, there, unkept));
  for (const batch of inBatches(withinLimit(transfer, coming), BATCH_OBJECTS, BATCH_BYTES)) {
    await moveObjects(transfer, batch, objects.parallel, ({ key, digest }) => take(intake, objects, key, digest));
    await settleMoved(
      transfer,
      batch.map(({ key }) => key),
      () => intake.commit(),
    );
  }
}

function incoming(
  transfer: Transfer,
  digest: Digest,
  there: ReadonlyMap<StorageKey, number>,
  unkept: ReadonlySet<StorageKey>,
): Incoming[] {
  const key = keyOfDigest(digest);
  const sizeBytes = there.get(key);
  if (sizeBytes === undefined) {
    const { message: reason, hint } = noSuchObject(key);
    transfer.outcomes.set(key, unkept.has(key) ? { kind: 'unkept' } : { kind: 'failed', reason, hint });
    return [];
  }
  if (isDirDigest(digest) && sizeBytes > LIST_BYTES_MAX) {
    const reason = `${key} has ${sizeBytes} bytes, too many for the list of a folder`;
    transfer.outcomes.set(key, { kind: 'failed', reason, hint: undefined });
    return [];
  }
  return [{ key, digest, sizeBytes, repairs: false }];
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
