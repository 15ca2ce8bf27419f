import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Blake3 } from './blake3.ts';
import { changedWhileHashed, errorCode, type FilePath, fileFailure, specialFile } from './file-failure.ts';
import { type FileKey, sameFile, writeResult } from './hash-result.ts';
import type { Keeper, Sink } from './object-keeper.ts';

/** What hashing needs and shares between files. */
export type HashTools = {
  readonly blake3: Blake3;
  /** Every read goes through them, so memory does not grow with files; 1 MiB reads are twice as fast as 64 KiB ones. */
  readonly buffers: readonly [Buffer, Buffer, Buffer];
  /** True: SHA-256 too. */
  readonly sha256: boolean;
  /** Where the bytes go while they are hashed. */
  readonly keeper?: Keeper | undefined;
};

/** The size of a buffer; a file that fits into one is hashed in one go. */
export const READ_BYTES = 1024 * 1024;

/** The buffers of one thread. */
export function hashBuffers(): HashTools['buffers'] {
  // One byte more, so that one read also shows that there is no more.
  const one = (): Buffer => Buffer.allocUnsafeSlow(READ_BYTES + 1);
  return [one(), one(), one()];
}

/**
 * Computes the MD5 and the BLAKE3 of a file in one read, and keeps its bytes where that is asked for. Never blocks on a
 * FIFO. The file must be unchanged from before the first read to after the last, by size, inode, mtime and ctime.
 * @param result where the outcome is written (see hash-result.ts)
 * @param wanted the MD5 that it should have: with any other it is not kept
 * @throws CmfError `not-found`, `refused` (not a regular file), `conflict` (it changed), `environment`
 */
export async function hashFile(path: FilePath, tools: HashTools, result: Buffer, wanted?: string): Promise<void> {
  const fd = open(path);
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) throw specialFile(path, 'neither a file nor a directory');
    if (before.size <= READ_BYTES) hashSmall({ fd, path, before, wanted }, tools, result);
    else await hashLarge({ fd, path, before, wanted }, tools, result);
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

type Opened = {
  readonly fd: number;
  readonly path: FilePath;
  readonly before: Stats;
  readonly wanted: string | undefined;
};

function hashSmall({ fd, path, before, wanted }: Opened, tools: HashTools, result: Buffer): void {
  const [buffer] = tools.buffers;
  const count = readSync(fd, buffer, 0, before.size + 1, 0);
  const bytes = buffer.subarray(0, count);
  const md5 = hash('md5', bytes, 'hex');
  const blake3 = tools.blake3.hashHex(bytes);
  const sha256 = tools.sha256 ? hash('sha256', bytes, 'hex') : '';
  // What is hashed is what is kept: where the MD5 is known, it says that nobody wrote to it meanwhile.
  const isSettled = md5 === wanted || sameFile(before, fstatSync(fd));
  if (count !== before.size || !isSettled) throw changedWhileHashed(path);
  if (wanted === undefined || wanted === md5) tools.keeper?.keep(md5, bytes);
  writeResult(result, path, before, { md5, blake3, sha256 });
}

/**
 * While this thread hashes one buffer, the next one is read and the last one written by others: the pace is that of MD5
 * alone.
 */
async function hashLarge({ fd, path, before, wanted }: Opened, tools: HashTools, result: Buffer): Promise<void> {
  const sink = tools.keeper?.begin(path);
  try {
    const sums = await hashStream(fd, tools, sink);
    const isUnchanged = (by: 'ctime' | 'mtime'): boolean => {
      const after = statSync(path, { throwIfNoEntry: false });
      if (after === undefined || sums.readBytes !== before.size) return false;
      return sameFile(before, by === 'ctime' ? after : withCtime(after, before));
    };
    if (sink === undefined && !isUnchanged('ctime')) throw changedWhileHashed(path);
    if (wanted === undefined || wanted === sums.md5) sink?.end(sums.md5, sums.readBytes, isUnchanged);
    else sink?.abandon();
    writeResult(result, path, sink?.isSameFile === true ? fstatSync(fd) : before, sums);
  } catch (error) {
    sink?.abandon();
    throw error;
  }
}

function withCtime({ dev, ino, size, mtimeMs }: FileKey, { ctimeMs }: FileKey): FileKey {
  return { dev, ino, size, mtimeMs, ctimeMs };
}

type Sums = { readonly md5: string; readonly blake3: string; readonly sha256: string; readonly readBytes: number };

async function hashStream(fd: number, tools: HashTools, sink: Sink | undefined): Promise<Sums> {
  const md5 = createHash('md5');
  const sha256 = tools.sha256 ? createHash('sha256') : undefined;
  const blake3 = tools.blake3.createStream();
  const { buffers } = tools;
  const written: (Promise<void> | undefined)[] = [];
  let readBytes = 0;
  let reading = fill(fd, buffers[0]);
  for (let turn = 0; ; turn++) {
    const count = await reading;
    if (count === 0) break;
    const bytes = (buffers[turn % 3] as Buffer).subarray(0, count);
    await written[(turn + 1) % 3];
    reading = fill(fd, buffers[(turn + 1) % 3] as Buffer);
    // Not awaited before its buffer comes round again: a rejection must not look unhandled until then.
    const writing = sink?.write(bytes, readBytes);
    writing?.catch(() => undefined);
    written[turn % 3] = writing;
    md5.update(bytes);
    blake3.update(bytes);
    sha256?.update(bytes);
    readBytes += count;
  }
  await Promise.all(written);
  return { md5: md5.digest('hex'), blake3: blake3.digestHex(), sha256: sha256?.digest('hex') ?? '', readBytes };
}

const readBytesOf = promisify(read);

/** Reads until the buffer is full or the file ends. */
async function fill(fd: number, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < READ_BYTES) {
    const { bytesRead } = await readBytesOf(fd, buffer, filled, READ_BYTES - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
