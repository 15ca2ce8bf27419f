import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import { type CachePlace, isDirDigest, OBJECTS_FOLDER, objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import type { ObjectCache } from '../../ports/object-cache.ts';
import { checkoutFiles } from './checkout-files.ts';
import { countMissingObjects, namesIn } from './count-missing.ts';
import { fileFailure } from './file-failure.ts';
import { surveyShelves } from './shelf-survey.ts';
import { verifyObjects } from './verify-objects.ts';

/** So many objects are asked for one by one; more by reading the 256 folders. */
const LOOK_MAX = 2000;
/** The longest list of a directory that is read: some 6 million files. */
const LIST_BYTES_MAX = 512 * 1024 * 1024 - 1;

export type ObjectCacheOptions = {
  /** A folder for files that are not whole yet; made when needed. */
  readonly temporary: string;
  /** Where is remembered what was complete (see folder-memory.ts); nowhere unless given. */
  readonly memoryFile?: string;
};

export function createObjectCache({ temporary, memoryFile }: ObjectCacheOptions): ObjectCache {
  return {
    has: (place, digest) => isThere(objectFile(place, digest)),
    missing: findMissing,
    countMissing: (place, digest, members) => countMissing(place, digest, members, memoryFile),
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

async function countMissing(
  place: CachePlace,
  digest: Digest,
  members: () => Promise<Iterable<Digest>>,
  memoryFile: string | undefined,
): Promise<number> {
  const own = isThere(objectFile(place, digest)) ? 0 : 1;
  if (!isDirDigest(digest)) return own;
  const objects = shelfFolder(place, digest);
  const name = `${digest.kind}:${digest.value}`;
  const shelves = memoryFile === undefined ? undefined : surveyShelves(objects, memoryFile);
  if (own === 0 && shelves?.isComplete(name, 'present') === true) return 0;
  shelves?.begin();
  const missing = own + (await countMissingObjects(objects, await members()));
  if (missing === 0) shelves?.remember(name, 'present');
  return missing;
}

/** The folder whose 256 folders hold an object and, if it is a directory's, those of its files. */
function shelfFolder({ directory }: CachePlace, { kind }: Digest): string {
  return kind.startsWith('md5-dos2unix') ? directory : `${directory}/${OBJECTS_FOLDER}`;
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
