/**
 * Sending artifacts to storages: what is missing there, hashed once more before it goes, a folder's list after all of its
 * files. Whatever was sent stays, so the same command again goes on.
 */
import type { Digest } from '../domain/digest.ts';
import { type CachePlace, isDirDigest } from '../domain/dvc-cache.ts';
import { shownUrl } from '../domain/storage.ts';
import type { StorageKey } from '../domain/storage-key.ts';
import { areThere } from '../domain/transfer.ts';
import { keyOfDigest, uniqueMembers, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { readEntries } from './artifact-state.ts';
import {
  type ArtifactObjects,
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

/** What is hashed, and then sent, at a time: enough to make threads for hashing worth their start. */
const BATCH_OBJECTS = 16 * 1024;
const BATCH_BYTES = 256 * 1024 * 1024;

type Outgoing = Movable & { readonly digest: Digest };

/**
 * Sends artifacts. What could not be sent is in the report; nothing is thrown for it.
 * @throws CmfError `not-found` for a storage that is not named in the configuration; `refused`, `damaged`
 */
export async function pushArtifacts(
  context: Context,
  files: Files,
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  options: TransferOptions,
): Promise<StorageTransfer[]> {
  const place = await cachePlaceOf(context, files.config);
  const groups = await groupByStorage(
    storages,
    artifacts.filter(({ isSent }) => isSent),
    options.storage,
  );
  const transfers: StorageTransfer[] = [];
  let leftBytes = options.limitBytes;
  for (const [storage, group] of groups) {
    const progress = hashProgress(context, `sending to ${shownUrl(storage)}`);
    const objects = await storages.open(storage);
    const transfer = beginTransfer(leftBytes, progress.report);
    try {
      const all = group.map((artifact) =>
        objectsOf(artifact, (list) => uniqueMembers(list, readEntries(files, place, list) ?? [])),
      );
      await pushTo({ files, place, objects, transfer }, all);
      transfers.push(summarise(storage, all, transfer.outcomes));
    } finally {
      progress.end();
      await objects.close();
    }
    if (leftBytes !== undefined) leftBytes = transfer.leftBytes;
  }
  return transfers;
}

type Push = {
  readonly files: Files;
  readonly place: CachePlace;
  readonly objects: ObjectStorage;
  readonly transfer: Transfer;
};

async function pushTo(push: Push, all: readonly ArtifactObjects[]): Promise<void> {
  const lists = uniqueDigests(all.flatMap(({ list }) => (list === undefined ? [] : [list])));
  const members = uniqueDigests(all.flatMap((one) => one.members));
  const { objects, transfer } = push;
  const there = await sizesThere(objects, [...members, ...lists]);
  const listed = listedMembers(all, there);
  await send(push, outgoing(push, members, there, listed));
  await settle(push);
  // A list says that all of its files are there, so it comes last.
  const ready = lists.filter((list) => {
    const waits = all.find((one) => one.list === list || one.list?.value === list.value);
    if (waits === undefined || areThere(waits.members.map(keyOfDigest), transfer.outcomes)) return true;
    const isThere = there.has(keyOfDigest(list));
    transfer.outcomes.set(keyOfDigest(list), isThere ? { kind: 'there' } : { kind: 'queued', bytes: 0 });
    return false;
  });
  await send(push, outgoing(push, ready, there, new Set()));
  if (ready.length > 0) await settle(push);
}

/** Files of folders whose lists are in the storage already: they should be there, and are not always. */
function listedMembers(
  all: readonly ArtifactObjects[],
  there: ReadonlyMap<StorageKey, number>,
): ReadonlySet<StorageKey> {
  const complete = all.filter(({ list }) => list !== undefined && there.has(keyOfDigest(list)));
  return new Set(complete.flatMap(({ members }) => members.map(keyOfDigest)));
}

/** Those of some objects that have to go; the others get their outcomes. */
function outgoing(
  { files, place, transfer }: Push,
  digests: readonly Digest[],
  there: ReadonlyMap<StorageKey, number>,
  listed: ReadonlySet<StorageKey>,
): Outgoing[] {
  const sizes = files.objects.sizes(place, digests);
  return digests.flatMap((digest, i) => {
    const key = keyOfDigest(digest);
    const thereBytes = there.get(key);
    const sizeBytes = sizes[i] ?? -1;
    if (sizeBytes < 0 && thereBytes === undefined) {
      transfer.outcomes.set(key, { kind: 'failed', ...NOT_IN_CACHE(digest) });
      return [];
    }
    if (sizeBytes < 0 || thereBytes === sizeBytes) {
      transfer.outcomes.set(key, { kind: 'there' });
      return [];
    }
    return [{ key, digest, sizeBytes, repairs: thereBytes !== undefined || listed.has(key) }];
  });
}

function NOT_IN_CACHE(digest: Digest) {
  const what = isDirDigest(digest) ? `its list ${digest.value}.dir` : digest.value;
  return {
    reason: `${what} is neither in the cache nor in the storage`,
    hint: 'git cmf artifact add where the files are',
  };
}

/** While one batch goes, the next one is hashed. */
async function send(push: Push, objects: readonly Outgoing[]): Promise<void> {
  const { transfer, files, place } = push;
  const batches = [...inBatches(withinLimit(transfer, objects), BATCH_OBJECTS, BATCH_BYTES)];
  let checking = sound(push, batches[0] ?? []);
  for (let i = 0; i < batches.length; i++) {
    const batch = await checking;
    const moving = moveObjects(transfer, batch, push.objects.parallel, async ({ key, digest, sizeBytes }) => {
      await push.objects.put(key, { path: files.objects.pathOf(place, digest), sizeBytes });
      return sizeBytes;
    });
    checking = sound(push, batches[i + 1] ?? []);
    await Promise.all([moving, checking]);
  }
}

/** Those that are what their names say. Whatever is wrong here must not become wrong for everybody. */
async function sound({ files, place, transfer }: Push, batch: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  if (batch.length === 0) return [];
  // What will not go is not read.
  if (transfer.stopped !== undefined) return batch;
  const { bad } = await files.objects.verify(
    place,
    batch.map(({ digest }) => digest),
  );
  const wrong = new Map(bad.flatMap((one) => (one.problem === 'writable' ? [] : [[keyOfDigest(one.digest), one]])));
  if (wrong.size === 0) return batch;
  for (const [key, { path }] of wrong) {
    const reason = `${path} is not what its name says, and was not sent`;
    transfer.outcomes.set(key, { kind: 'failed', reason, hint: 'git cmf artifact verify' });
  }
  return batch.filter(({ key }) => !wrong.has(key));
}

async function settle({ objects, transfer }: Push): Promise<void> {
  if (transfer.outcomes.size > 0) await objects.settle();
}
