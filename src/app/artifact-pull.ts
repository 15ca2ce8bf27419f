/**
 * Getting artifacts from storages into the cache: a folder's list first, which says what its files are, then what is missing.
 * Every byte is hashed while it comes. What came is made durable and named batch by batch, so the same command again goes
 * on.
 */
import type { Digest } from '../domain/digest.ts';
import { createDigestSet, type DigestSet } from '../domain/digest-set.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { noSuchObject } from '../domain/storage-failure.ts';
import { keyOfDigest, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectIntake } from '../ports/object-cache.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { type Cache, membersIn, NOT_THERE, objectsOf, objectsThat, sizesThere, unkeptIn } from './artifact-objects.ts';
import { type StorageTransfer, type TransferOptions, withEachStorage } from './artifact-transfer.ts';
import type { Context } from './clone.ts';
import { copyObjects } from './copy-objects.ts';
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
  const isHere = (digest: Digest): boolean => files.objects.has(place, digest);
  return withEachStorage(context, storages, artifacts, { ...options, doing: 'getting from', isHere }, async (reach) => {
    const { group, transfer, plan, open } = reach;
    const intake = files.objects.openIntake(place);
    const pull: Pull = { files, place, open, intake, transfer };
    const { objects } = transfer.outcomes;
    try {
      const folders = group.filter(({ digest }) => isDirDigest(digest));
      const lists = folders.map((artifact) => objectsOf(artifact, objects, () => undefined));
      await bring(pull, lackingLists(pull), unkeptIn(objects, lists));
      for (const artifact of group) plan.push(objectsOf(artifact, objects, (list) => membersIn(pull, transfer, list)));
      await bring(pull, await lacking(pull), unkeptIn(objects, plan));
      return undefined;
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
function lackingLists({ files, place, transfer: { outcomes } }: Pull): number[] {
  return [...objectsThat(true, outcomes.objects)].filter((list) => {
    const isHere = isRight(() => files.objects.readDirectory(place, outcomes.objects.at(list)));
    if (isHere) outcomes.set(list, { kind: 'there' });
    return !isHere;
  });
}

/**
 * Files that are not in the cache, or are there without DVC's mark of trust and wrong. The others have their outcome.
 */
async function lacking(pull: Pull): Promise<readonly number[]> {
  const { files, place, transfer } = pull;
  const { outcomes } = transfer;
  const { objects } = outcomes;
  const { sizes, trusted } = files.objects.look(place, objects);
  const isHere = (object: number): boolean => (sizes[object] ?? NOT_THERE) !== NOT_THERE;
  const members = [...objectsThat(false, objects)];
  const doubtful = members.filter((object) => isHere(object) && trusted[object] !== 1);
  const wrong = await wrongAmong(pull, doubtful);
  return members.filter((object) => {
    const isLacking = !isHere(object) || wrong.has(objects.at(object));
    if (!isLacking) outcomes.set(object, { kind: 'there' });
    return isLacking;
  });
}

async function wrongAmong({ files, place, transfer }: Pull, doubtful: readonly number[]): Promise<DigestSet> {
  const wrong = createDigestSet();
  if (doubtful.length === 0) return wrong;
  const { bad } = await files.objects.verify(place, digestsOf(transfer, doubtful));
  for (const { digest, problem } of bad) if (problem !== 'writable') wrong.add(digest);
  return wrong;
}

function* digestsOf({ outcomes }: Transfer, objects: readonly number[]): Generator<Digest> {
  for (const object of objects) yield outcomes.objects.at(object);
}

/** Brings objects into the cache, batch by batch. */
async function bring(pull: Pull, wanted: readonly number[], unkept: Uint8Array): Promise<void> {
  if (wanted.length === 0) return;
  const { transfer, intake, files, place } = pull;
  const storage = await pull.open();
  const there = await sizesThere(storage, transfer.outcomes.objects, wanted);
  const coming = withinLimit(transfer, incoming(transfer, wanted, there, unkept), there);
  const left = await copyObjects(transfer, described(transfer, coming, there), storage.folder, (folder, ...order) =>
    files.objects.copy(folder, place, ...order),
  );
  for (const batch of inBatches(left, BATCH_OBJECTS, BATCH_BYTES)) {
    await moveObjects(transfer, batch, storage.parallel, ({ digest }) => take(intake, storage, digest));
    await settleMoved(
      transfer,
      batch.map(({ object }) => object),
      () => intake.commit(),
    );
  }
}

/** Those that can come; the others get their outcomes. */
function incoming(
  { outcomes }: Transfer,
  wanted: readonly number[],
  there: Float64Array,
  unkept: Uint8Array,
): number[] {
  return wanted.filter((object) => {
    const digest = outcomes.objects.at(object);
    const sizeBytes = there[object] ?? NOT_THERE;
    if (sizeBytes === NOT_THERE) {
      if (unkept[object] === 1) outcomes.set(object, { kind: 'unkept' });
      else outcomes.fail(object, notInStorage);
      return false;
    }
    if (!isDirDigest(digest) || sizeBytes <= LIST_BYTES_MAX) return true;
    const key = keyOfDigest(digest);
    const reason = `${key} has ${sizeBytes} bytes, too many for the list of a folder`;
    outcomes.set(object, { kind: 'failed', reason, hint: undefined });
    return false;
  });
}

function notInStorage(digest: Digest) {
  const { message: reason, hint } = noSuchObject(keyOfDigest(digest));
  return { reason, hint };
}

function* described({ outcomes }: Transfer, chosen: readonly number[], there: Float64Array): Generator<Incoming> {
  for (const object of chosen) {
    yield { object, digest: outcomes.objects.at(object), sizeBytes: there[object] ?? 0, repairs: false };
  }
}

/** Wrong bytes may be the line's fault: asked for once more. */
async function take(intake: ObjectIntake, storage: ObjectStorage, digest: Digest): Promise<number> {
  const fetch = () => intake.take(digest, (path, observe) => storage.get(keyOfDigest(digest), path, { observe }));
  return fetch().catch((error: unknown) => {
    if (error instanceof CmfError && error.code === 'damaged') return fetch();
    throw error;
  });
}

/** A list in the cache that is not what its name says is as good as none: the right one replaces it. */
function isRight(read: () => unknown): boolean {
  try {
    return read() !== undefined;
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return false;
    throw error;
  }
}
