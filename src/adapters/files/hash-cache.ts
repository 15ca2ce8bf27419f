/**
 * Remembers the digests of files that did not change since they were hashed, so that an unchanged tree costs one stat for
 * each file.
 *
 *     <common git dir>/cmf/hashes      blocks, each appended by one write
 *     block                            'cmf-sum1', number of records (u32), CRC-32 of the records (u32), records
 *     record                           device, inode, size, mtime, ctime; MD5; BLAKE3: 88 bytes (see hash-result.ts)
 *
 * A record is made only of a file whose mtime and ctime are older than the moment before hashing began, by the clock of
 * the file system: whoever writes to it later leaves a later ctime, however coarse that clock is. So a record that fits is
 * right. A file that is damaged or cut off is as good as none. Processes that write at once may lose each other's
 * records, which costs hashing again, and nothing else.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FilePath } from './file-failure.ts';
import { type FileKey, KEY_BYTES, RECORD_BYTES, RESULT_BYTES, writeKey } from './hash-result.ts';

export interface HashCache {
  /** Reads the records, once; until then nothing is found. */
  load(): void;
  /** Where the 48 bytes of the digests of this file stand in `bytes`; -1 if they are not known. */
  find(stats: FileKey, path: FilePath): number;
  readonly bytes: Buffer;
  /** To be called before the files are hashed whose results are then handed to `note`. */
  begin(): void;
  note(results: Buffer, row: number): void;
  save(): void;
}

/** A smaller file is hashed sooner than the records are read. */
export const CACHED_BYTES_MIN = 1024 * 1024;

const MAGIC = Buffer.from('cmf-sum1');
const HEADER_BYTES = 16;
const RECORD_WORDS = RECORD_BYTES / 4;
const KEY_WORDS = KEY_BYTES / 4;
/** Beyond it the oldest records go: 4 million are 350 MB. */
const RECORDS_MAX = 4 * 1024 * 1024;
const BLOCKS_MAX = 64;
/** On another device the clock may be another machine's, and coarser. */
const OTHER_CLOCK_MS = 2000;
/** More than what node's times leave out. */
const CLOCK_MARGIN_MS = 1;
const NOTED_PAGE = 4096 * RECORD_BYTES;

/** The records of all blocks, one behind the other, oldest first. */
type Loaded = { readonly bytes: Buffer; readonly count: number; readonly blocks: number; readonly isWhole: boolean };

const NOTHING: Loaded = { bytes: Buffer.alloc(0), count: 0, blocks: 0, isWhole: true };

/** @param path of the file; its folder is made when missing */
export function openHashCache(path: string): HashCache {
  let loaded = NOTHING;
  let isLoaded = false;
  let words = new Uint32Array(0);
  const wanted = new Float64Array(5);
  const wantedWords = new Uint32Array(wanted.buffer);
  let index = new Int32Array(0);
  let clock: Clock | undefined;
  const noted: Buffer[] = [];
  let notedBytes = 0;
  return {
    load() {
      if (isLoaded) return;
      isLoaded = true;
      loaded = readBlocks(path);
      words = new Uint32Array(loaded.bytes.buffer as ArrayBuffer, loaded.bytes.byteOffset, loaded.count * RECORD_WORDS);
      index = indexOf(loaded);
    },
    get bytes() {
      return loaded.bytes;
    },
    find(stats, path) {
      if (loaded.count === 0) return -1;
      writeKey(wanted, stats, path);
      const mask = index.length - 1;
      for (let slot = slotOf(wantedWords[2] ?? 0, wantedWords[3] ?? 0, mask); ; slot = (slot + 1) & mask) {
        const row = (index[slot] ?? 0) - 1;
        if (row < 0) return -1;
        if (isEqual(words, row * RECORD_WORDS, wantedWords)) return row * RECORD_BYTES + KEY_BYTES;
      }
    },
    begin() {
      clock ??= readClock(path);
    },
    note(results, row) {
      if (clock === undefined) return;
      const at = row * RESULT_BYTES;
      const limit = clock.nowMs - (results.readDoubleLE(at) === clock.dev ? CLOCK_MARGIN_MS : OTHER_CLOCK_MS);
      if (results.readDoubleLE(at + 24) >= limit || results.readDoubleLE(at + 32) >= limit) return;
      if (notedBytes % NOTED_PAGE === 0) noted.push(Buffer.allocUnsafeSlow(NOTED_PAGE));
      results.copy(noted.at(-1) as Buffer, notedBytes % NOTED_PAGE, at, at + RECORD_BYTES);
      notedBytes += RECORD_BYTES;
    },
    save() {
      if (notedBytes === 0) return;
      const records = noted.map((page, i) => page.subarray(0, Math.min(NOTED_PAGE, notedBytes - i * NOTED_PAGE)));
      saveRecords(path, records, isLoaded ? loaded : undefined);
      noted.length = 0;
      notedBytes = 0;
    },
  };
}

type Clock = { readonly dev: number; readonly nowMs: number };

/** The time by the clock of the file system; undefined where nothing can be written, and so nothing remembered. */
function readClock(path: string): Clock | undefined {
  const probe = `${path}.${randomBytes(6).toString('hex')}.now`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(probe, '', { flag: 'wx' });
    const { dev, mtimeMs } = statSync(probe);
    rmSync(probe);
    return { dev, nowMs: mtimeMs };
  } catch {
    return undefined;
  }
}

function readBlocks(path: string): Loaded {
  const file = readWhole(path);
  // Records move to the front in place, so that there is one copy of a large file in memory.
  let count = 0;
  let blocks = 0;
  let at = 0;
  while (at + HEADER_BYTES <= file.length && file.compare(MAGIC, 0, 8, at, at + 8) === 0) {
    const length = file.readUInt32LE(at + 8) * RECORD_BYTES;
    const start = at + HEADER_BYTES;
    const records = file.subarray(start, start + length);
    if (records.length !== length || crc32(records) !== file.readUInt32LE(at + 12)) break;
    file.copyWithin(count * RECORD_BYTES, start, start + length);
    count += length / RECORD_BYTES;
    blocks++;
    at = start + length;
  }
  const isWhole = at === file.length;
  return { bytes: file.subarray(0, count * RECORD_BYTES), count, blocks, isWhole };
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

/** Open addressing on the inode; of several records of one file the newest stands first. */
function indexOf({ bytes, count }: Loaded): Int32Array<ArrayBuffer> {
  let size = 16;
  while (size < count * 2) size *= 2;
  const index = new Int32Array(size);
  for (let row = count - 1; row >= 0; row--) {
    let slot = slotOf(
      bytes.readUInt32LE(row * RECORD_BYTES + 8),
      bytes.readUInt32LE(row * RECORD_BYTES + 12),
      size - 1,
    );
    while (index[slot] !== 0) slot = (slot + 1) & (size - 1);
    index[slot] = row + 1;
  }
  return index;
}

/** @param low, high the halves of an inode number, as a double: small numbers differ in the high half alone */
function slotOf(low: number, high: number, mask: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & mask;
}

function isEqual(words: Uint32Array, at: number, wanted: Uint32Array): boolean {
  for (let i = KEY_WORDS - 1; i >= 0; i--) if (words[at + i] !== wanted[i]) return false;
  return true;
}

/** Appends one block, or writes the file anew when it holds too much that is old. Failing is no harm. */
function saveRecords(path: string, records: readonly Buffer[], known: Loaded | undefined): void {
  const block = Buffer.concat([headerOf(records), ...records]);
  const isFit = known === undefined || (known.isWhole && known.blocks < BLOCKS_MAX);
  try {
    if (isFit) append(path, block);
    else rewrite(path, block);
  } catch {
    // A full disk or a folder that cannot be written costs speed only.
    return;
  }
}

function headerOf(records: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(records.reduce((sum, { length }) => sum + length, 0) / RECORD_BYTES, 8);
  header.writeUInt32LE(
    records.reduce((sum, part) => crc32(part, sum), 0),
    12,
  );
  return header;
}

function append(path: string, block: Buffer): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
  try {
    for (let done = 0; done < block.length; ) done += writeSync(fd, block, done);
  } finally {
    closeSync(fd);
  }
}

/** Reads what is there now, with what others appended, leaves out what a newer record replaces, and replaces the file. */
function rewrite(path: string, block: Buffer): void {
  const old = newestOf(readBlocks(path));
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, Buffer.concat([headerOf([old]), old, block]), { flag: 'wx' });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The newest record of each inode, in place, oldest first. */
function newestOf({ bytes, count }: Loaded): Buffer {
  const seen = new Set<string>();
  let at = bytes.length;
  for (let row = count - 1; row >= 0 && seen.size < RECORDS_MAX; row--) {
    const from = row * RECORD_BYTES;
    const key = bytes.toString('latin1', from, from + 16);
    if (seen.has(key)) continue;
    seen.add(key);
    at -= RECORD_BYTES;
    bytes.copyWithin(at, from, from + RECORD_BYTES);
  }
  return bytes.subarray(at);
}
