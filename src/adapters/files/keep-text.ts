import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type CachePlace, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { FileTable } from '../../domain/file-table.ts';
import { dirChunksOf } from '../../domain/hashed-files.ts';
import { makeShelf } from './cache-folders.ts';
import { fileFailure } from './file-failure.ts';
import type { DirectorySums } from './folder-memory.ts';
import { isTrusted, TRUSTED_MODE } from './object-keeper.ts';

/** The name and the length of a `.dir` object. */
type List = Pick<DirectorySums, 'md5' | 'listBytes'>;

/** True if the `.dir` object is in the cache as DVC keeps it. */
export function isListKept(place: CachePlace, list: List): boolean {
  return isTrusted(listPath(place, list), list.listBytes);
}

function listPath({ directory }: CachePlace, { md5 }: List): string {
  return `${directory}/${OBJECTS_FOLDER}/${md5.slice(0, 2)}/${md5.slice(2)}.dir`;
}

/** Keeps the `.dir` object of a directory whose members are kept: durable before it bears its name. */
export function keepText(place: CachePlace, list: List, files: FileTable): void {
  if (isListKept(place, list)) return;
  const path = listPath(place, list);
  const folder = dirname(path);
  makeShelf(folder, place.group);
  const temporary = `${folder}/.${randomBytes(16).toString('base64url')}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', TRUSTED_MODE);
    try {
      for (const chunk of dirChunksOf(files)) writeAll(fd, Buffer.from(chunk, 'latin1'));
      fchmodSync(fd, TRUSTED_MODE);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileFailure(error, path);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
