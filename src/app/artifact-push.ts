/**
 * Sending artifacts to storages: what is missing there, hashed once more before it goes, a folder's list after all of its
 * files. Whatever was sent stays, so the same command again goes on.
 */
import type { Digest } from '../domain/digest.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import type { StorageKey } from '../domain/storage-key.ts';
import { areThere, type ObjectOutcome } from '../domain/transfer.ts';
import { keyOfDigest, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import {
  type ArtifactObjects,
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

/** What is hashed, and then sent, at a time: enough to make threads for hashing worth their start. */
const BATCH_OBJECTS = 16 * 1024;
const BATCH_BYTES = 256 * 1024 * 1024;

type Outgoing = Movable & { readonly digest: Digest; readonly modifiedMs: number };

/**
 * Sends artifacts. What could not be sent is in the report; nothing is thrown for it.
 * @throws CmfError `not-found` for a storage that is not named in the configuration; `refused`
 */
export async function pushArtifacts(
  context: Context,
  files: Files,
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  options: TransferOptions,
): Promise<StorageTransfer[]> {
  const place = await cachePlaceOf(context, files.config);
  const sent = artifacts.filter(({ isSent }) => isSent);
  return withEachStorage(context, storages, sent, { ...options, doing: 'sending to' }, async (reach) => {
    const { group, transfer, plan } = reach;
    const cache = { files, place };
    for (const artifact of group) plan.push(objectsOf(artifact, (list) => membersIn(cache, transfer, list)));
    await pushTo({ ...cache, objects: await reach.open(), transfer }, plan);
  });
}

type Push = Cache & { readonly objects: ObjectStorage; readonly transfer: Transfer };

async function pushTo(push: Push, all: readonly ArtifactObjects[]): Promise<void> {
  const { objects, transfer } = push;
  const isUnread = (list: Digest): boolean => transfer.outcomes.has(keyOfDigest(list));
  const lists = uniqueDigests(all.flatMap(({ list }) => (list === undefined || isUnread(list) ? [] : [list])));
  const members = uniqueDigests(all.flatMap((one) => one.members));
  const there = await sizesThere(objects, [...members, ...lists]);
  const unkept = unkeptIn(all);
  await send(push, outgoing(push, members, { there, unkept, listed: listedMembers(all, there) }));
  // A list says that all of its files are there, so it comes last.
  const contents = new Map(all.map((one) => [one.list === undefined ? '' : keyOfDigest(one.list), one]));
  const ready = lists.filter((list) => {
    const key = keyOfDigest(list);
    const { members: its = [], isListed = false } = contents.get(key) ?? {};
    if (isListed && areThere(its.map(keyOfDigest), transfer.outcomes)) return true;
    // One that was not read is not sent, though it may have come meanwhile: nobody looked at its files.
    const waiting: ObjectOutcome = isListed ? { kind: 'queued', bytes: 0 } : absent(list, unkept);
    transfer.outcomes.set(key, there.has(key) ? { kind: 'there' } : waiting);
    return false;
  });
  await send(push, outgoing(push, ready, { there, unkept, listed: new Set() }));
}

/** Files of folders whose lists are in the storage already: they should be there, and are not always. */
function listedMembers(
  all: readonly ArtifactObjects[],
  there: ReadonlyMap<StorageKey, number>,
): ReadonlySet<StorageKey> {
  const complete = all.filter(({ list }) => list !== undefined && there.has(keyOfDigest(list)));
  return new Set(complete.flatMap(({ members }) => members.map(keyOfDigest)));
}

type Known = {
  /** Sizes of what the storage has. */
  readonly there: ReadonlyMap<StorageKey, number>;
  readonly unkept: ReadonlySet<StorageKey>;
  readonly listed: ReadonlySet<StorageKey>;
};

/** Those of some objects that have to go; the others get their outcomes. */
function outgoing(
  { files, place, transfer }: Push,
  digests: readonly Digest[],
  { there, unkept, listed }: Known,
): Outgoing[] {
  const { sizes, modified } = files.objects.look(place, digests);
  return digests.flatMap((digest, i) => {
    const key = keyOfDigest(digest);
    const thereBytes = there.get(key);
    const sizeBytes = sizes[i] ?? -1;
    if (sizeBytes < 0 && thereBytes === undefined) {
      transfer.outcomes.set(key, absent(digest, unkept));
      return [];
    }
    if (sizeBytes < 0 || thereBytes === sizeBytes) {
      transfer.outcomes.set(key, { kind: 'there' });
      return [];
    }
    const modifiedMs = modified[i] ?? 0;
    return [{ key, digest, sizeBytes, modifiedMs, repairs: thereBytes !== undefined || listed.has(key) }];
  });
}

function absent(digest: Digest, unkept: ReadonlySet<StorageKey>): ObjectOutcome {
  if (unkept.has(keyOfDigest(digest))) return { kind: 'unkept' };
  const what = isDirDigest(digest) ? `its list ${digest.value}.dir` : digest.value;
  return {
    kind: 'failed',
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
    const moving = moveObjects(
      transfer,
      batch,
      push.objects.parallel,
      async ({ key, digest, sizeBytes, modifiedMs }) => {
        await push.objects.put(key, { path: files.objects.pathOf(place, digest), sizeBytes, modifiedMs });
        return sizeBytes;
      },
    );
    checking = sound(push, batches[i + 1] ?? []);
    await Promise.all([moving, checking]);
  }
  const keys = batches.flatMap((batch) => batch.map(({ key }) => key));
  if (keys.length > 0) await settleMoved(transfer, keys, () => push.objects.settle());
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
