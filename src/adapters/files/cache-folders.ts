/** Folders of DVC's cache. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import { fileFailure } from './file-failure.ts';

/**
 * Makes the folder that an object lies in.
 * @throws CmfError `refused` for a link
 */
export function makeShelf(path: string, group: boolean): void {
  if (!makeFolder(path, group)) refuseLinkedShelf(path);
}

/** Nobody but who wants to harm makes one of the 256 folders a link. @throws CmfError `refused` */
export function refuseLinkedShelf(path: string): void {
  if (!lstatSync(path).isSymbolicLink()) return;
  throw new CmfError('refused', {
    message: `${path} is a symbolic link; nothing is kept behind it`,
    hint: `ls -l '${path}' shows where it leads; remove it`,
  });
}

/** Makes a folder of the cache and those above it. @returns true if it was not there */
export function makeFolder(path: string, group: boolean): boolean {
  // Each by itself, so that each belongs to the group; what lies above the cache does not.
  if (group) for (const above of cacheFoldersAbove(path)) makeOne(above, group);
  return makeOne(path, group);
}

/** The cache itself, its `files` and `files/md5`, as far as a path of it lies below them. */
function cacheFoldersAbove(path: string): readonly string[] {
  const at = path.lastIndexOf(`/${OBJECTS_FOLDER}`);
  if (at < 0) return [];
  const cache = path.slice(0, at);
  return [cache, `${cache}/files`, `${cache}/${OBJECTS_FOLDER}`].filter((folder) => folder !== path);
}

function makeOne(path: string, group: boolean): boolean {
  try {
    const first = mkdirSync(path, { recursive: true });
    if (first !== undefined && group) chmodSync(path, 0o2775);
    return first !== undefined;
  } catch (error) {
    throw fileFailure(error, path);
  }
}
