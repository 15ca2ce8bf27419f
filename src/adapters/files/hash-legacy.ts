import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { createFileTable, MD5_BYTES, SUMS_BYTES } from '../../domain/file-table.ts';
import { dirChunksOf } from '../../domain/hashed-files.ts';
import type { DvcVerdict, Hashed, LeftOut } from '../../ports/hasher.ts';
import { fileFailure } from './file-failure.ts';
import { legacyMd5 } from './file-md5.ts';
import { joinPath, type WalkOptions, walkDirectory } from './walk-directory.ts';

const TURN_FILES = 256;

/** What DVC 2 called a file. Several digests where its successor computes another one for the same file. */
export function hashLegacyFile(path: string, dvc: DvcVerdict): Hashed {
  const { size, mode } = statSync(path);
  const digests = legacyMd5(path).map((value) => ({ kind: 'md5-dos2unix', value }));
  return { kind: 'file', digests, sizeBytes: size, executable: (mode & 0o111) !== 0, dvc };
}

/** What DVC 2 called a directory. Its table holds DVC 2's MD5 of each file, and zeros for a BLAKE3. */
export async function hashLegacyDirectory(
  path: string,
  options: Omit<WalkOptions, 'leaveOut'>,
  dvc: DvcVerdict,
): Promise<Hashed> {
  const leftOut: LeftOut[] = [];
  const files = createFileTable();
  const sums = Buffer.alloc(SUMS_BYTES);
  for (const found of walkDirectory(path, { ...options, leaveOut: (left) => leftOut.push(left) })) {
    for (const name of found.names) {
      const file = joinPath(found.path, name);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats === undefined) throw fileFailure(new Error('it is gone'), file);
      const row = files.add(joinPath(found.relpath, name), stats.size);
      sums.write(legacyMd5(file)[0] ?? '', 0, MD5_BYTES, 'hex');
      files.setSums(row, sums, 0);
      if (row % TURN_FILES === TURN_FILES - 1) await setImmediate();
    }
  }
  const sum = createHash('md5');
  for (const chunk of dirChunksOf(files)) sum.update(chunk);
  const digests = [{ kind: 'md5-dos2unix-dir', value: sum.digest('hex') }];
  const { totalBytes: sizeBytes, count: nfiles } = files;
  return { kind: 'directory', digests, sizeBytes, nfiles, dvc, listFiles: async () => files, leftOut };
}
