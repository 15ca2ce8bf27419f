import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { type CachePlace, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { FileTable } from '../../domain/file-table.ts';
import { dirChunksOf } from '../../domain/hashed-files.ts';
import { fileFailure } from './file-failure.ts';
import { isTrusted, makeFolder, TRUSTED_MODE } from './object-keeper.ts';

/** Keeps the `.dir` object of a directory whose members are kept: durable before it bears its name. */
export function keepText(
  place: CachePlace,
  dir: { readonly md5: string; readonly sizeBytes: number },
  files: FileTable,
): void {
  const folder = `${place.directory}/${OBJECTS_FOLDER}/${dir.md5.slice(0, 2)}`;
  const path = `${folder}/${dir.md5.slice(2)}.dir`;
  if (isTrusted(path, dir.sizeBytes)) return;
  makeFolder(folder, place.group);
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
