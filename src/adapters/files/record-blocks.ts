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

/** The records of all blocks, one behind the other, oldest first. */
export type Records = {
  readonly bytes: Buffer;
  readonly count: number;
  readonly blocks: number;
  /** False: some of the file is damaged. */
  readonly isWhole: boolean;
};

const HEADER_BYTES = 16;
const BLOCKS_MAX = 64;
/** Records that begin alike say something of the same thing, and the newest counts. */
const SUBJECT_BYTES = 16;

export function noRecords(): Records {
  return { bytes: Buffer.alloc(0), count: 0, blocks: 0, isWhole: true };
}

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
 * @param known what was read of the file, if it was read
 */
export function addRecords(file: RecordFile, records: readonly Buffer[], known: Records | undefined): void {
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
  header.writeUInt32LE(
    records.reduce((sum, part) => crc32(part, sum), 0),
    12,
  );
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
