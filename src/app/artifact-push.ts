/**
 * Sending artifacts to storages: what is missing there, hashed once more before it goes, a folder's list after all of its
 * files. Whatever was sent stays, so the same command again goes on.
 */
import type { Digest } from '../domain/digest.ts';
import type { DigestSet } from '../domain/digest-set.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import type { ObjectOutcomes } from '../domain/object-outcomes.ts';
import { areThere } from '../domain/transfer.ts';
import { keyOfDigest, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import {
  type ArtifactObjects,
  type Cache,
  membersIn,
  NOT_THERE,
  objectsOf,
  objectsThat,
  sizesThere,
  unkeptIn,
} from './artifact-objects.ts';
import { type StorageTransfer, type TransferOptions, withEachStorage } from './artifact-transfer.ts';
import type { Context } from './clone.ts';
import { copyObjects } from './copy-objects.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { inBatches, type Movable, moveObjects, settleMoved, type Transfer, withinLimit } from './move-objects.ts';
import { openSentMemory } from './sent-memory.ts';
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
  const isHere = (digest: Digest): boolean => files.objects.has(place, digest);
  return withEachStorage(context, storages, sent, { ...options, doing: 'sending to', isHere }, async (reach) => {
    const { group, transfer, plan } = reach;
    const memory = openSentMemory(reach, files.objects, context.effects.nowMs());
    const known = memory?.recall(group);
    if (known !== undefined) return known;
    const cache = { files, place };
    const { objects } = transfer.outcomes;
    for (const artifact of group) plan.push(objectsOf(artifact, objects, (list) => membersIn(cache, transfer, list)));
    await pushTo({ ...cache, storage: await reach.open(), transfer }, plan);
    memory?.remember(plan, transfer.outcomes);
    return undefined;
  });
}

type Push = Cache & { readonly storage: ObjectStorage; readonly transfer: Transfer };

async function pushTo(push: Push, plan: readonly ArtifactObjects[]): Promise<void> {
  const { storage, transfer, files, place } = push;
  const { outcomes } = transfer;
  const { objects } = outcomes;
  const lists = [...objectsThat(true, objects)].filter((list) => outcomes.get(list) === undefined);
  const members = [...objectsThat(false, objects)];
  const there = await sizesThere(storage, objects, [...members, ...lists]);
  const { sizes, modified } = files.objects.look(place, objects);
  const known = {
    there,
    sizes,
    modified,
    unkept: unkeptIn(objects, plan),
    listed: listedMembers(objects, plan, there),
  };
  await send(push, known, members);
  // A list says that all of its files are there, so it comes last.
  const contents = new Map(plan.map((one) => [one.list, one]));
  const ready = lists.filter((list) => {
    const { members: its = [], isListed = false } = contents.get(list) ?? {};
    if (isListed && areThere(its, outcomes)) return true;
    // One that was not read is not sent, though it may have come meanwhile: nobody looked at its files.
    if (isThere(known, list)) outcomes.set(list, { kind: 'there' });
    else if (isListed) outcomes.set(list, { kind: 'queued', bytes: 0 });
    else setAbsent(outcomes, known, list);
    return false;
  });
  await send(push, known, ready);
}

/** What is known of objects, by object. */
type Known = {
  /** Sizes of what the storage has. */
  readonly there: Float64Array;
  /** Of what the cache has. */
  readonly sizes: Float64Array;
  readonly modified: Float64Array;
  /** 1 for one that may be nowhere. */
  readonly unkept: Uint8Array;
  /** 1 for a file of a folder whose list is in the storage already: it should be there, and is not always. */
  readonly listed: Uint8Array;
};

function isThere({ there }: Pick<Known, 'there'>, object: number): boolean {
  return (there[object] ?? NOT_THERE) !== NOT_THERE;
}

function listedMembers(objects: DigestSet, plan: readonly ArtifactObjects[], there: Float64Array): Uint8Array {
  const listed = new Uint8Array(objects.size);
  for (const { list, members } of plan) {
    if (list !== undefined && isThere({ there }, list)) for (const member of members) listed[member] = 1;
  }
  return listed;
}

/** Those of some objects that have to go; the others get their outcomes. */
function outgoing({ transfer }: Push, known: Known, candidates: readonly number[]): number[] {
  const { outcomes } = transfer;
  return candidates.filter((object) => {
    const sizeBytes = known.sizes[object] ?? NOT_THERE;
    if (sizeBytes !== NOT_THERE && sizeBytes !== known.there[object]) return true;
    if (sizeBytes !== NOT_THERE || isThere(known, object)) outcomes.set(object, { kind: 'there' });
    else setAbsent(outcomes, known, object);
    return false;
  });
}

function setAbsent(outcomes: ObjectOutcomes, { unkept }: Known, object: number): void {
  if (unkept[object] === 1) outcomes.set(object, { kind: 'unkept' });
  else outcomes.fail(object, nowhere);
}

function nowhere(digest: Digest) {
  const what = isDirDigest(digest) ? `its list ${digest.value}.dir` : digest.value;
  const hint = 'git cmf artifact add where the files are';
  return { reason: `${what} is neither in the cache nor in the storage`, hint };
}

/** While one batch goes, the next one is hashed. */
async function send(push: Push, known: Known, candidates: readonly number[]): Promise<void> {
  const { transfer, files, place, storage } = push;
  const chosen = withinLimit(transfer, outgoing(push, known, candidates), known.sizes);
  if (chosen.length === 0) return;
  const left = await copyObjects(transfer, described(push, known, chosen), storage.folder, (folder, ...order) =>
    files.objects.copy(place, folder, ...order),
  );
  const batches = inBatches(left, BATCH_OBJECTS, BATCH_BYTES);
  const check = async (): Promise<readonly Outgoing[] | undefined> => {
    const next = batches.next();
    return next.done === true ? undefined : sound(push, next.value);
  };
  let checking = check();
  for (let batch = await checking; batch !== undefined; batch = await checking) {
    const moving = moveObjects(transfer, batch, storage.parallel, async ({ digest, sizeBytes, modifiedMs }) => {
      const source = { path: files.objects.pathOf(place, digest), sizeBytes, modifiedMs };
      await storage.put(keyOfDigest(digest), source);
      return sizeBytes;
    });
    checking = check();
    await Promise.all([moving, checking]);
  }
  await settleMoved(transfer, chosen, () => storage.settle());
}

function* described({ transfer }: Push, known: Known, chosen: readonly number[]): Generator<Outgoing> {
  for (const object of chosen) {
    yield {
      object,
      digest: transfer.outcomes.objects.at(object),
      sizeBytes: known.sizes[object] ?? 0,
      modifiedMs: known.modified[object] ?? 0,
      repairs: isThere(known, object) || known.listed[object] === 1,
    };
  }
}

/** Those that are what their names say. Whatever is wrong here must not become wrong for everybody. */
async function sound({ files, place, transfer }: Push, batch: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  // What will not go is not read.
  if (transfer.stopped !== undefined) return batch;
  const { bad } = await files.objects.verify(
    place,
    batch.map(({ digest }) => digest),
  );
  const wrong = new Set<number>();
  for (const { digest, path, problem } of bad) {
    if (problem === 'writable') continue;
    const object = transfer.outcomes.objects.find(digest);
    const reason = `${path} is not what its name says, and was not sent`;
    transfer.outcomes.set(object, { kind: 'failed', reason, hint: 'git cmf artifact verify' });
    wrong.add(object);
  }
  return wrong.size === 0 ? batch : batch.filter(({ object }) => !wrong.has(object));
}
