/** The objects of a transfer by their numbers: those of each artifact, and what a storage has of them. */
import type { Digest } from '../domain/digest.ts';
import type { DigestSet } from '../domain/digest-set.ts';
import { type CachePlace, digestOfObject, isDirDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { OBJECTS_PREFIX, type StorageKey } from '../domain/storage-key.ts';
import { keyOfDigest, uniqueMembers, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { readList } from './artifact-state.ts';
import type { Transfer } from './move-objects.ts';
import type { Files } from './track.ts';

/** DVC's cache of this work tree. */
export type Cache = { readonly files: Files; readonly place: CachePlace };

/** An artifact with its objects, by their numbers in a transfer. */
export type ArtifactObjects = {
  readonly artifact: WantedArtifact;
  /** Of a folder. */
  readonly list: number | undefined;
  /** The files of a folder, each content once, or the file itself. */
  readonly members: Uint32Array;
  /** False for a folder whose list was not here when it was asked for: which files it has is not known. */
  readonly isListed: boolean;
};

/**
 * @param all gets those objects of the artifact that it does not have yet
 * @param membersOf the files of a folder; undefined where its list cannot be had
 */
export function objectsOf(
  artifact: WantedArtifact,
  all: DigestSet,
  membersOf: (list: Digest) => DigestSet | undefined,
): ArtifactObjects {
  const { digest } = artifact;
  const own = all.add(digest);
  if (!isDirDigest(digest)) return { artifact, list: undefined, members: Uint32Array.of(own), isListed: true };
  const digests = membersOf(digest);
  const members = new Uint32Array(digests?.size ?? 0);
  let i = 0;
  for (const member of digests ?? []) members[i++] = all.add(member);
  return { artifact, list: own, members, isListed: digests !== undefined };
}

/** All objects of an artifact, to be gone through any number of times; a folder's list comes first. */
export function allOf({ list, members }: ArtifactObjects): Iterable<number> {
  const iterate = function* (): Generator<number> {
    if (list !== undefined) yield list;
    yield* members;
  };
  return { [Symbol.iterator]: iterate };
}

/** 1 for each object that may be nowhere without anybody having lost it, by object. */
export function unkeptIn(all: DigestSet, plan: readonly ArtifactObjects[]): Uint8Array {
  const unkept = new Uint8Array(all.size);
  const mark = (isKept: boolean): void => {
    for (const one of plan) {
      if (one.artifact.isKept === isKept) for (const object of allOf(one)) unkept[object] = isKept ? 0 : 1;
    }
  };
  mark(false);
  mark(true);
  return unkept;
}

/** The objects that are lists of folders, or those that are none, in the order in which they became known. */
export function* objectsThat(areLists: boolean, all: DigestSet): Generator<number> {
  for (let object = 0; object < all.size; object++) if (isDirDigest(all.at(object)) === areLists) yield object;
}

/**
 * The files of a folder by the list in the cache; undefined where it is not there. One that no reader may accept, or that is not
 * what its name says, is a failure of that folder.
 */
export function membersIn({ files, place }: Cache, { outcomes }: Transfer, list: Digest): DigestSet | undefined {
  try {
    const entries = readList(files, place, list);
    return entries === undefined ? undefined : uniqueMembers(list, entries);
  } catch (error) {
    if (!(error instanceof CmfError) || error.code !== 'damaged') throw error;
    const object = outcomes.objects.add(list);
    // Why it did not come says more.
    if (outcomes.get(object)?.kind !== 'failed') {
      outcomes.set(object, { kind: 'failed', reason: error.message, hint: error.hint });
    }
    return undefined;
  }
}

/** So many objects are asked for one by one; more by listing all that the storage has. */
const ASKED_MAX = 2000;

/** What stands for the size of an object that is not there. */
export const NOT_THERE = -1;

/** The sizes of those of these objects that a storage has, by object; NOT_THERE for all others. */
export async function sizesThere(
  storage: ObjectStorage,
  all: DigestSet,
  objects: readonly number[],
): Promise<Float64Array> {
  const sizes = new Float64Array(all.size).fill(NOT_THERE);
  if (objects.length <= ASKED_MAX) {
    const keys = objects.map((object) => keyOfDigest(all.at(object)));
    const found = await storage.sizes(keys);
    for (const [i, object] of objects.entries()) sizes[object] = found.get(keys[i] as StorageKey) ?? NOT_THERE;
    return sizes;
  }
  for (const prefix of prefixesOf(all, objects)) {
    for await (const batch of storage.list(prefix)) {
      for (const { key, sizeBytes } of batch) {
        const digest = digestOfObject(key);
        const object = digest === undefined ? -1 : all.find(digest);
        if (object >= 0) sizes[object] = sizeBytes;
      }
    }
  }
  return sizes;
}

/** DVC 2's objects lie beside anything else that the folder may hold, in 256 folders of their own. */
function prefixesOf(all: DigestSet, objects: readonly number[]): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const object of objects) {
    const key = keyOfDigest(all.at(object));
    prefixes.add(key.startsWith(OBJECTS_PREFIX) ? OBJECTS_PREFIX : key.slice(0, 3));
  }
  return prefixes;
}
