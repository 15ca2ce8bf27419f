import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import { type CachePlace, isDirDigest } from '../../domain/dvc-cache.ts';
import { dvcDirList } from '../../domain/dvc-dir-list.ts';
import { CmfError } from '../../domain/errors.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { ObjectIntake } from '../../ports/object-cache.ts';
import { makeShelf } from './cache-folders.ts';
import { fileFailure } from './file-failure.ts';
import { legacyMd5 } from './file-md5.ts';
import { syncFile } from './hash-crew.ts';
import { TRUSTED_MODE } from './object-keeper.ts';

/**
 * Takes objects into the cache. Each waits in its own folder under a temporary name, which DVC and git cmf take for no
 * object, until a sync has made it durable.
 */
export function openIntake(
  place: CachePlace,
  objectFile: (digest: Digest) => string,
  sync: (folder: string) => Promise<boolean>,
): ObjectIntake {
  const prefix = `.${randomBytes(9).toString('base64url')}`;
  const folders = new Set<string>();
  let waiting: { readonly temporary: string; readonly path: string }[] = [];
  let made = 0;
  const takeInto = (folder: string): string => {
    if (!folders.has(folder)) makeShelf(folder, place.group);
    folders.add(folder);
    return `${folder}/${prefix}${(made++).toString().padStart(9, '0')}.tmp`;
  };
  return {
    async take(digest, fetch) {
      const path = objectFile(digest);
      const temporary = takeInto(folderOf(path));
      let sum = createHash('md5');
      const observe = () => {
        const fresh = createHash('md5');
        sum = fresh;
        return (chunk: Uint8Array) => void fresh.update(chunk);
      };
      try {
        const size = await fetch(temporary, observe);
        if (!isContent(temporary, digest, sum.digest('hex'))) throw otherContent(digest);
        // A list that leads out of its folder is not even kept: DVC would follow it.
        if (isDirDigest(digest)) dvcDirList(readFileSync(temporary));
        chmodSync(temporary, TRUSTED_MODE);
        waiting.push({ temporary, path });
        return size;
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error instanceof CmfError ? error : fileFailure(error, temporary);
      }
    },
    async commit() {
      if (waiting.length === 0) return;
      const [first] = waiting;
      // One file is synced by itself, and so are all where the system has no sync for a file system.
      if (waiting.length === 1 || first === undefined || !(await sync(place.directory))) {
        for (const { temporary } of waiting) syncFile(temporary);
      }
      for (const { temporary, path } of waiting) rename(temporary, path);
      waiting = [];
    },
    discard() {
      for (const { temporary } of waiting) rmSync(temporary, { force: true });
      waiting = [];
    },
  };
}

function isContent(path: string, digest: Digest, md5: string): boolean {
  return digest.kind === 'md5-dos2unix' ? legacyMd5(path).includes(digest.value) : md5 === digest.value;
}

function otherContent({ value }: Digest): CmfError {
  return new CmfError('damaged', {
    message: `what the storage has as ${value} is something else; nothing of it was kept`,
    hint: 'once more, for the line may have spoiled it; else remove it from the storage and git cmf artifact push where it is right',
  });
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw fileFailure(error, to);
  }
}
