import { createHash, hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Blake3 } from './blake3.ts';
import { changedWhileHashed, errorCode, type FilePath, fileFailure, specialFile } from './file-failure.ts';

/** What one read of a file gives. */
export type FileHash = {
  readonly md5: string;
  readonly blake3: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
};

/** What hashing needs and shares between files. */
export type HashTools = {
  readonly blake3: Blake3;
  /** Every read goes through it, so memory does not grow with files; 1 MiB reads are twice as fast as 64 KiB ones. */
  readonly buffer: Buffer;
};

/** The size of the shared buffer; a file that fits into it is hashed in one go. */
export const READ_BYTES = 1024 * 1024;

/** How much is hashed before other work of this process gets its turn. */
const TURN_BYTES = 32 * READ_BYTES;

/**
 * Computes the MD5 and the BLAKE3 of a file in one read. Never blocks on a FIFO. The path must name the same unchanged
 * file before and after, by size, inode, mtime and ctime in nanoseconds.
 * @throws CmfError `not-found`, `refused` (not a regular file), `conflict` (it changed), `environment`
 */
export async function hashFile(path: FilePath, tools: HashTools): Promise<FileHash> {
  const fd = open(path);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) throw specialFile(path, 'neither a file nor a directory');
    const sums = before.size <= READ_BYTES ? hashSmall(fd, tools) : await hashLarge(fd, tools);
    if (BigInt(sums.readBytes) !== before.size || isChanged(before, path)) throw changedWhileHashed(path);
    const executable = (before.mode & 0o111n) !== 0n;
    return { md5: sums.md5, blake3: sums.blake3, sizeBytes: sums.readBytes, executable };
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    closeSync(fd);
  }
}

/** Non-blocking: opening a FIFO for reading would else wait for a writer. It changes nothing for a regular file. */
function open(path: FilePath): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (errorCode(error) === 'ENXIO') throw specialFile(path, 'a socket');
    throw fileFailure(error, path);
  }
}

function isChanged(before: BigIntStats, path: FilePath): boolean {
  const after = statSync(path, { bigint: true, throwIfNoEntry: false });
  return (
    after === undefined ||
    after.size !== before.size ||
    after.mtimeNs !== before.mtimeNs ||
    after.ctimeNs !== before.ctimeNs ||
    after.ino !== before.ino ||
    after.dev !== before.dev
  );
}

type Sums = { readonly md5: string; readonly blake3: string; readonly readBytes: number };

function hashSmall(fd: number, { blake3, buffer }: HashTools): Sums {
  const bytes = buffer.subarray(0, fill(fd, buffer));
  return { md5: hash('md5', bytes, 'hex'), blake3: blake3.hashHex(bytes), readBytes: bytes.length };
}

async function hashLarge(fd: number, { blake3, buffer }: HashTools): Promise<Sums> {
  const md5 = createHash('md5');
  const stream = blake3.createStream();
  let readBytes = 0;
  for (let count = fill(fd, buffer); count > 0; count = fill(fd, buffer)) {
    const bytes = buffer.subarray(0, count);
    md5.update(bytes);
    stream.update(bytes);
    readBytes += count;
    if (readBytes % TURN_BYTES === 0) await setImmediate();
  }
  return { md5: md5.digest('hex'), blake3: stream.digestHex(), readBytes };
}

/** Reads until the buffer is full or the file ends. */
function fill(fd: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
