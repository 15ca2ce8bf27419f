import { lstatSync, readdirSync } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import { type CachePlace, isDirDigest, OBJECTS_FOLDER, objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { createMd5Shelves, type Md5Shelves } from './md5-shelves.ts';
import { surveyShelves } from './shelf-survey.ts';

/** So many objects are asked for one by one; more by reading the 256 folders. */
const LOOK_MAX = 2000;

/** @throws CmfError `internal` for a digest that names no object */
export function objectFile(place: CachePlace, digest: Digest): string {
  const path = objectPath(digest);
  if (path !== undefined) return `${place.directory}/${path}`;
  throw new CmfError('internal', { message: `${digest.kind} names no object of DVC's cache` });
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Those of these objects that are not there. Holds 16 bytes for each of many, and the names of one folder. */
export function findMissing(place: CachePlace, digests: Iterable<Digest>): readonly Digest[] {
  const few: Digest[] = [];
  const many = new Map<string, Md5Shelves>();
  const add = ({ kind, value }: Digest): void => {
    const shelves = many.get(kind) ?? createMd5Shelves();
    many.set(kind, shelves);
    shelves.add(value);
  };
  for (const digest of digests) {
    if (few.length <= LOOK_MAX) few.push(digest);
    else add(digest);
  }
  if (few.length <= LOOK_MAX) return few.filter((digest) => !isThere(objectFile(place, digest)));
  for (const digest of few) add(digest);
  return [...many].flatMap(([kind, shelves]) => [...missingOfKind(place, kind, shelves)]);
}

function* missingOfKind(place: CachePlace, kind: string, shelves: Md5Shelves): Generator<Digest> {
  const folder = shelfFolder(place, kind);
  const ending = isDirDigest({ kind, value: '' }) ? '.dir' : '';
  for (const [shelf, wanted] of shelves.all()) {
    const names = new Set(namesIn(`${folder}/${shelf}`));
    for (const name of wanted) if (!names.has(name + ending)) yield { kind, value: shelf + name };
  }
}

/** The folder whose 256 folders hold objects of a kind; the same for a directory's list and its files. */
function shelfFolder({ directory }: CachePlace, kind: string): string {
  return kind.startsWith('md5-dos2unix') ? directory : `${directory}/${OBJECTS_FOLDER}`;
}

/** The names in a folder of the cache; none where there is no folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileFailure(error, folder);
  }
}

/**
 * How many objects of an artifact are not there (see ports/object-cache.ts).
 * @param memoryFile where is remembered what was complete; nowhere unless given
 */
export async function countMissing(
  place: CachePlace,
  digest: Digest,
  members: () => Promise<Iterable<Digest>>,
  memoryFile: string | undefined,
): Promise<number> {
  const own = isThere(objectFile(place, digest)) ? 0 : 1;
  if (!isDirDigest(digest)) return own;
  const name = `${digest.kind}:${digest.value}`;
  const shelves = memoryFile === undefined ? undefined : surveyShelves(shelfFolder(place, digest.kind), memoryFile);
  if (own === 0 && shelves?.isComplete(name, 'present') === true) return 0;
  shelves?.begin();
  const missing = new Set(findMissing(place, await members()).map(({ kind, value }) => `${kind}:${value}`));
  if (own + missing.size === 0) shelves?.remember(name, 'present');
  return own + missing.size;
}
