/**
 * Files of records of 88 bytes that may be lost: hints, which cost work to find out again.
 *
 *     file      blocks, each appended by one write
 *     block     magic (8), number of records (u32), CRC-32 of the records (u32), records
 *
 * What is damaged or cut off is as good as not there. Processes that write at once may lose each other's records.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, renameSync, rmSync, writevSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { RECORD_BYTES } from './hash-result.ts';

export type RecordFile = {
  readonly path: string;
  /** Eight characters. */
  readonly magic: string;
  /** Beyond it the oldest records go, when the file is written anew. */
  readonly countMax: number;
};

/** In what state a file was found. */
export type FileState = {
  readonly blocks: number;
  /** False: some of it is damaged. */
  readonly isWhole: boolean;
};

/** The records of all blocks, one behind the other, oldest first. */
export type Records = FileState & { readonly bytes: Buffer; readonly count: number };

const HEADER_BYTES = 16;
const BLOCKS_MAX = 64;
/** Records that begin alike say something of the same thing, and the newest counts. */
const SUBJECT_BYTES = 16;

/** What can be read of a file; nothing of one that is not there. */
export function readRecords({ path, magic }: RecordFile): Records {
  const file = readWhole(path);
  const start = Buffer.from(magic);
  // Records move to the front in place, so that there is one copy of a large file in memory.
  let count = 0;
  let blocks = 0;
  let at = 0;
  while (at + HEADER_BYTES <= file.length && file.compare(start, 0, 8, at, at + 8) === 0) {
    const length = file.readUInt32LE(at + 8) * RECORD_BYTES;
    const from = at + HEADER_BYTES;
    const records = file.subarray(from, from + length);
    if (records.length < length || crc32(records) !== file.readUInt32LE(at + 12)) break;
    file.copyWithin(count * RECORD_BYTES, from, from + length);
    count += length / RECORD_BYTES;
    blocks++;
    at = from + length;
  }
  return { bytes: file.subarray(0, count * RECORD_BYTES), count, blocks, isWhole: at === file.length };
}

/** Some records at a time, while a file is gone through. */
const PIECE_BYTES = 8192 * RECORD_BYTES;

/**
 * Shows what can be read of a file, oldest first, some records at a time, so that memory does not grow with it.
 * @param see must not keep what it is shown: the next records come in its place
 */
export function scanRecords({ path, magic }: RecordFile, see: (records: Buffer) => void): FileState {
  const fd = openIfThere(path);
  if (fd === undefined) return { blocks: 0, isWhole: true };
  try {
    const { size } = fstatSync(fd);
    const header = Buffer.alloc(HEADER_BYTES);
    let blocks = 0;
    let at = 0;
    while (readAt(fd, header, at) === HEADER_BYTES && header.toString('latin1', 0, 8) === magic) {
      const from = at + HEADER_BYTES;
      const end = from + header.readUInt32LE(8) * RECORD_BYTES;
      if (end > size || checksum(piecesOf(fd, from, end)) !== header.readUInt32LE(12)) break;
      for (const piece of piecesOf(fd, from, end)) see(piece);
      blocks++;
      at = end;
    }
    return { blocks, isWhole: at === size };
  } finally {
    closeSync(fd);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** All in one buffer; fewer where the file cannot be read to its end. */
function* piecesOf(fd: number, from: number, end: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, end - from));
  for (let at = from; at < end; at += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, end - at));
    if (readAt(fd, piece, at) !== piece.length) return;
    yield piece;
  }
}

function readAt(fd: number, buffer: Buffer, at: number): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, at);
  } catch {
    return 0;
  }
}

function checksum(parts: Iterable<Buffer>): number {
  let sum = 0;
  for (const part of parts) sum = crc32(part, sum);
  return sum;
}

function readWhole(path: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafeSlow(fstatSync(fd).size);
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return Buffer.allocUnsafeSlow(0);
  }
}

/**
 * Appends one block, or writes the file anew when it holds too much that is old. Failing is no harm.
 * @param known how it was found when it was read; undefined when it was not
 */
export function addRecords(file: RecordFile, records: readonly Buffer[], known: FileState | undefined): void {
  const isFit = known === undefined || (known.isWhole && known.blocks < BLOCKS_MAX);
  try {
    if (isFit) append(file, records);
    else rewrite(file, records);
  } catch {
    // A full disk or a folder that cannot be written costs speed only.
    return;
  }
}

function headerOf({ magic }: RecordFile, records: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(magic);
  header.writeUInt32LE(records.reduce((sum, { length }) => sum + length, 0) / RECORD_BYTES, 8);
  header.writeUInt32LE(checksum(records), 12);
  return header;
}

function append(file: RecordFile, records: readonly Buffer[]): void {
  const fd = openSync(file.path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
  try {
    writevSync(fd, [headerOf(file, records), ...records]);
  } finally {
    closeSync(fd);
  }
}

/** Reads what is there now, with what others appended, leaves out what a newer record replaces, and replaces the file. */
function rewrite(file: RecordFile, records: readonly Buffer[]): void {
  const old = newestOf(readRecords(file), file.countMax);
  const temporary = `${file.path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      writevSync(fd, [headerOf(file, [old]), old, headerOf(file, records), ...records]);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file.path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The newest record of each subject, in place, oldest first. */
function newestOf({ bytes, count }: Records, countMax: number): Buffer {
  const seen = new Set<string>();
  let at = bytes.length;
  for (let row = count - 1; row >= 0 && seen.size < countMax; row--) {
    const from = row * RECORD_BYTES;
    const key = bytes.toString('latin1', from, from + SUBJECT_BYTES);
    if (seen.has(key)) continue;
    seen.add(key);
    at -= RECORD_BYTES;
    bytes.copyWithin(at, from, from + RECORD_BYTES);
  }
  return bytes.subarray(at);
}
