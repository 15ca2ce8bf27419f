import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import type { DigestSet } from '../../domain/digest-set.ts';
import { type CachePlace, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { FolderWatch, ObjectCache, Removal } from '../../ports/object-cache.ts';
import { findLeftovers, listObjects } from './cache-contents.ts';
import { checkoutFiles } from './checkout-files.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { countMissing, findMissing, isThere, objectFile } from './find-missing.ts';
import { openIntake } from './object-intake.ts';
import { TRUSTED_MODE } from './object-keeper.ts';
import { surveyShelves } from './shelf-survey.ts';
import { FileRemover } from './sweep-files.ts';
import { copyObjects, verifyObjects } from './verify-objects.ts';

/** The longest list of a directory that is read: some 6 million files. */
const LIST_BYTES_MAX = 512 * 1024 * 1024 - 1;

export type ObjectCacheOptions = {
  /** Folders for files that are not whole yet, made when needed: that of the first choice, and of others. */
  readonly temporaries: readonly string[];
  /** Makes everything written to the file system of this folder durable; false where that cannot be done at once. */
  readonly sync: (folder: string) => Promise<boolean>;
  /** Where is remembered what was complete (see folder-memory.ts); nowhere unless given. */
  readonly memoryFile?: string;
  /** The same for what was found out about other folders. */
  readonly watchFile?: string;
};

export function createObjectCache({ temporaries, sync, memoryFile, watchFile }: ObjectCacheOptions): ObjectCache {
  return {
    has: (place, digest) => isThere(objectFile(place, digest)),
    missing: findMissing,
    countMissing: (place, digest, members) => countMissing(place, digest, members, memoryFile),
    look,
    watch: ({ directory }) => (watchFile === undefined ? undefined : watchFolder(directory, watchFile)),
    pathOf: objectFile,
    openIntake: (place) => openIntake(place, (digest) => objectFile(place, digest), sync),
    list: listObjects,
    remove,
    realPath: followLinks,
    leftovers: (place, olderThanMs, removes) => findLeftovers(place, temporaries, olderThanMs, removes),
    readDirectory,
    checkout: (place, order) => checkoutFiles(place, order, temporaries),
    copy: (from, to, objects, onProgress) => copyObjects({ from, to, sync }, objects, onProgress),
    verify: verifyObjects,
  };
}

function watchFolder(directory: string, memoryFile: string): FolderWatch {
  const shelves = surveyShelves(`${directory}/${OBJECTS_FOLDER}`, memoryFile);
  return {
    recall: (name) => shelves.recall(name, 'found'),
    begin: shelves.begin,
    remember: (name, count) => shelves.remember(name, 'found', count),
  };
}

function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return path;
    throw fileFailure(error, path);
  }
}

function remove(place: CachePlace, digests: readonly Digest[], olderThanMs: number): Removal {
  const remover = new FileRemover(olderThanMs);
  const removed = digests.filter((digest) => remover.remove(objectFile(place, digest)));
  return { removed, failure: remover.failure };
}

function look(place: CachePlace, objects: DigestSet) {
  const sizes = new Float64Array(objects.size).fill(-1);
  const modified = new Float64Array(objects.size);
  const trusted = new Uint8Array(objects.size);
  // A cache that is to be filled has none of its 256 folders: nothing in them has to be asked for.
  const isFolder = rememberFolders();
  for (let i = 0; i < objects.size; i++) {
    const path = objectFile(place, objects.at(i));
    const stats = isFolder(folderOf(path)) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (stats?.isFile() !== true) continue;
    sizes[i] = stats.size;
    modified[i] = stats.mtimeMs;
    trusted[i] = (stats.mode & 0o7777) === TRUSTED_MODE ? 1 : 0;
  }
  return { sizes, modified, trusted };
}

/** Tells whether a folder is there, and looks at each once. */
function rememberFolders(): (path: string) => boolean {
  const known = new Map<string, boolean>();
  return (path) => {
    const isFolder = known.get(path) ?? isThere(path);
    known.set(path, isFolder);
    return isFolder;
  };
}

function readDirectory(place: CachePlace, digest: Digest): Buffer | undefined {
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
  return bytes;
}

/** What the cache holds under this name is something else. */
export function damagedObject(path: string): CmfError {
  return new CmfError('damaged', {
    message: `${path} is not what its name says`,
    hint: 'git cmf artifact verify',
  });
}
