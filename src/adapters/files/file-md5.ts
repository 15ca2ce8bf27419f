import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { foldLineEnds, isDvcText } from '../../domain/dvc-dos2unix.ts';
import { type FilePath, fileFailure } from './file-failure.ts';

const PIECE_BYTES = 1024 * 1024;

/** DVC 2's hash of a file, and where DVC 3's code for old data gives another one (text over 1 MiB), that too. */
export function legacyMd5(path: FilePath): readonly string[] {
  return withFile(path, hashLegacy);
}

/** The md5 of a file's bytes as they are, in this thread. */
export function plainMd5(path: FilePath): string {
  return withFile(path, (fd) => {
    const sum = createHash('md5');
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      sum.update(buffer.subarray(0, count));
    }
    return sum.digest('hex');
  });
}

function withFile<Result>(path: FilePath, work: (fd: number) => Result): Result {
  try {
    const fd = openSync(path, 'r');
    try {
      return work(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function hashLegacy(fd: number): readonly string[] {
  const [once, each] = [createHash('md5'), createHash('md5')];
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let isText: boolean | undefined;
  for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
    const piece = buffer.subarray(0, count);
    const isTextHere = isDvcText(piece);
    isText ??= isTextHere;
    const folded = isText || isTextHere ? foldLineEnds(piece) : piece;
    once.update(isText ? folded : piece);
    each.update(isTextHere ? folded : piece);
  }
  return [...new Set([once.digest('hex'), each.digest('hex')])];
}
