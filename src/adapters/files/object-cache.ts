import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import { type CachePlace, OBJECTS_FOLDER, objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import type { ObjectCache } from '../../ports/object-cache.ts';
import { checkoutFiles } from './checkout-files.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { verifyObjects } from './verify-objects.ts';

/** So many objects are asked for one by one; more by reading the 256 folders. */
const LOOK_MAX = 2000;
/** The longest list of a directory that is read: some 6 million files. */
const LIST_BYTES_MAX = 512 * 1024 * 1024 - 1;

/** @param options `temporary`: a folder for files that are not whole yet; made when needed */
export function createObjectCache({ temporary }: { readonly temporary: string }): ObjectCache {
  return {
    has: (place, digest) => isThere(objectFile(place, digest)),
    missing: findMissing,
    readDirectory,
    checkout: (place, order) => checkoutFiles(place, order, temporary),
    verify: verifyObjects,
  };
}

/** @throws CmfError `internal` for a digest that names no object */
export function objectFile(place: CachePlace, digest: Digest): string {
  const path = objectPath(digest);
  if (path !== undefined) return `${place.directory}/${path}`;
  throw new CmfError('internal', { message: `${digest.kind} names no object of DVC's cache` });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function findMissing(place: CachePlace, digests: readonly Digest[]): readonly Digest[] {
  if (digests.length <= LOOK_MAX) return digests.filter((digest) => !isThere(objectFile(place, digest)));
  const shelves = new Map<string, Digest[]>();
  for (const digest of digests) {
    const shelf = `${digest.kind.startsWith('md5-dos2unix') ? '' : `${OBJECTS_FOLDER}/`}${digest.value.slice(0, 2)}`;
    const list = shelves.get(shelf);
    if (list === undefined) shelves.set(shelf, [digest]);
    else list.push(digest);
  }
  return [...shelves].flatMap(([shelf, wanted]) => {
    const names = new Set(namesIn(`${place.directory}/${shelf}`));
    return wanted.filter(({ kind, value }) => !names.has(value.slice(2) + (kind.endsWith('-dir') ? '.dir' : '')));
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileFailure(error, folder);
  }
}

function readDirectory(place: CachePlace, digest: Digest): string | undefined {
  const path = objectFile(place, digest);
  let bytes: Buffer;
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFile() || stats.size > LIST_BYTES_MAX) throw damagedObject(path);
    bytes = readFileSync(path);
  } catch (error) {
    throw fileFailure(error, path);
  }
  if (createHash('md5').update(bytes).digest('hex') !== digest.value) throw damagedObject(path);
  return bytes.toString('utf8');
}

/** What the cache holds under this name is something else. */
export function damagedObject(path: string): CmfError {
  return new CmfError('damaged', {
    message: `${path} is not what its name says`,
    hint: 'git cmf artifact verify',
  });
}
