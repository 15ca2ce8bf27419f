/**
 * What one read of a file gives, as bytes: threads hand them over without a copy, and the first part is a record of the
 * hash cache as it stands.
 *
 *     0   device, inode, size, mtime, ctime (ms with fractions): five IEEE doubles, little endian; an inode number of more
 *         than 53 bits as a 64-bit integer
 *     40  MD5 (16), BLAKE3 (32)
 *     88  SHA-256 (32), or zeros where it was not asked for
 *     120 1 if any of the three x bits is set
 */
import { type Stats, statSync } from 'node:fs';
import type { FilePath } from './file-failure.ts';

export const KEY_BYTES = 40;
export const RECORD_BYTES = 88;
const SHA256_AT = RECORD_BYTES;
const EXECUTABLE_AT = 120;
export const RESULT_BYTES = 128;

export type HexSums = { readonly md5: string; readonly blake3: string; readonly sha256: string };

/**
 * The numbers that change whenever somebody writes to a file, or puts another one in its place. Times are node's: to a
 * quarter of a microsecond, which is finer than what a hash takes. Bigints would cost as much as the stat itself.
 */
export type FileKey = Pick<Stats, 'dev' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'>;

/**
 * Writes the first 40 bytes: five numbers from `at` on.
 * @param path of the same file, for an inode number that is no exact double
 */
export function writeKey(numbers: Float64Array, at: number, stats: FileKey, path: FilePath): void {
  numbers[at] = stats.dev;
  numbers[at + 1] = stats.ino;
  numbers[at + 2] = stats.size;
  numbers[at + 3] = stats.mtimeMs;
  numbers[at + 4] = stats.ctimeMs;
  if (Number.isSafeInteger(stats.ino)) return;
  new BigUint64Array(numbers.buffer, numbers.byteOffset, numbers.length)[at + 1] = wholeInode(path);
}

function wholeInode(path: FilePath): bigint {
  return BigInt.asUintN(64, statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n);
}

const scratch = new Float64Array(5);
const scratchBytes = Buffer.from(scratch.buffer);

export function writeResult(result: Buffer, path: FilePath, stats: FileKey & Pick<Stats, 'mode'>, sums: HexSums): void {
  writeKey(scratch, 0, stats, path);
  scratchBytes.copy(result);
  result.write(sums.md5, KEY_BYTES, 'hex');
  result.write(sums.blake3, KEY_BYTES + 16, 'hex');
  if (sums.sha256 === '') result.fill(0, SHA256_AT, EXECUTABLE_AT);
  else result.write(sums.sha256, SHA256_AT, 'hex');
  result[EXECUTABLE_AT] = (stats.mode & 0o111) === 0 ? 0 : 1;
}

export function sizeIn(results: Buffer, row: number): number {
  return results.readDoubleLE(row * RESULT_BYTES + 16);
}

export function executableIn(results: Buffer, row: number): boolean {
  return results[row * RESULT_BYTES + EXECUTABLE_AT] === 1;
}

export function hexSumsIn(results: Buffer, row: number): HexSums {
  const hex = (from: number, to: number): string =>
    results.toString('hex', row * RESULT_BYTES + from, row * RESULT_BYTES + to);
  return {
    md5: hex(KEY_BYTES, KEY_BYTES + 16),
    blake3: hex(KEY_BYTES + 16, RECORD_BYTES),
    sha256: hex(SHA256_AT, EXECUTABLE_AT),
  };
}

export function sameFile(a: FileKey, b: FileKey): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.ino === b.ino && a.dev === b.dev;
}
