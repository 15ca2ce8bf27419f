/**
 * Remembers the digests of files that did not change since they were hashed, so that an unchanged tree costs one stat for
 * each file.
 *
 *     <common git dir>/cmf/hashes      blocks of records, see record-blocks.ts
 *     record                           device, inode, size, mtime, ctime; MD5; BLAKE3: 88 bytes (see hash-result.ts)
 *
 * A record is made only of a file whose mtime and ctime are older than the moment before hashing began, by the clock of
 * the file system: whoever writes to it later leaves a later ctime, however coarse that clock is. So a record that fits is
 * right.
 */
import { type FileClock, readFileClock } from './file-clock.ts';
import { KEY_BYTES, RECORD_BYTES, RESULT_BYTES } from './hash-result.ts';
import { addRecords, noRecords, type Records, readRecords } from './record-blocks.ts';

export interface HashCache {
  /** Reads the records, once; until then nothing is found. */
  load(): void;
  /**
   * Where the 48 bytes of the digests of a file stand in `bytes`; -1 if they are not known.
   * @param words what `writeKey` wrote, as words from `at` on
   */
  find(words: Uint32Array, at: number): number;
  readonly bytes: Buffer;
  /** To be called before the files are hashed whose results are then handed to `note`. */
  begin(): void;
  /** @returns false for a file that is too new: a later change could go unseen */
  note(results: Buffer, row: number): boolean;
  save(): void;
}

/** A smaller file is hashed sooner than the records are read. */
export const CACHED_BYTES_MIN = 1024 * 1024;

const RECORD_WORDS = RECORD_BYTES / 4;
const KEY_WORDS = KEY_BYTES / 4;
/** 350 MB. */
const RECORDS_MAX = 4 * 1024 * 1024;
const NOTED_PAGE = 4096 * RECORD_BYTES;
/** So much is written as soon as it is noted: a first add of a large folder would hold it all. */
const NOTED_MAX = 32 * NOTED_PAGE;

/** @param path of the file; its folder is made when missing */
export function openHashCache(path: string): HashCache {
  const file = { path, magic: 'cmf-sum1', countMax: RECORDS_MAX };
  let loaded = noRecords();
  let isLoaded = false;
  /** What the file was when it was read; undefined when it was not, or was written to since. */
  let before: Records | undefined;
  let words = new Uint32Array(0);
  let index = new Int32Array(0);
  let clock: FileClock | undefined;
  const noted: Buffer[] = [];
  let notedBytes = 0;
  const save = (): void => {
    if (notedBytes === 0) return;
    const records = noted.map((page, i) => page.subarray(0, Math.min(NOTED_PAGE, notedBytes - i * NOTED_PAGE)));
    addRecords(file, records, before);
    before = undefined;
    noted.length = 0;
    notedBytes = 0;
  };
  return {
    load() {
      if (isLoaded) return;
      isLoaded = true;
      loaded = readRecords(file);
      before = loaded;
      words = new Uint32Array(loaded.bytes.buffer as ArrayBuffer, loaded.bytes.byteOffset, loaded.count * RECORD_WORDS);
      index = indexOf(loaded);
    },
    get bytes() {
      return loaded.bytes;
    },
    find(wanted, at) {
      if (loaded.count === 0) return -1;
      const mask = index.length - 1;
      for (let slot = slotOf(wanted[at + 2] ?? 0, wanted[at + 3] ?? 0, mask); ; slot = (slot + 1) & mask) {
        const row = (index[slot] ?? 0) - 1;
        if (row < 0) return -1;
        if (isEqual(words, row * RECORD_WORDS, wanted, at)) return row * RECORD_BYTES + KEY_BYTES;
      }
    },
    begin() {
      clock ??= readFileClock(path);
    },
    note(results, row) {
      const at = row * RESULT_BYTES;
      const dev = results.readDoubleLE(at);
      if (clock?.isPast(dev, results.readDoubleLE(at + 24)) !== true) return false;
      if (!clock.isPast(dev, results.readDoubleLE(at + 32))) return false;
      if (notedBytes % NOTED_PAGE === 0) noted.push(Buffer.allocUnsafeSlow(NOTED_PAGE));
      results.copy(noted.at(-1) as Buffer, notedBytes % NOTED_PAGE, at, at + RECORD_BYTES);
      notedBytes += RECORD_BYTES;
      if (notedBytes === NOTED_MAX) save();
      return true;
    },
    save,
  };
}

/** Open addressing on the inode; of several records of one file the newest stands first. */
function indexOf({ bytes, count }: Records): Int32Array<ArrayBuffer> {
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

function isEqual(words: Uint32Array, at: number, wanted: Uint32Array, from: number): boolean {
  for (let i = KEY_WORDS - 1; i >= 0; i--) if (words[at + i] !== wanted[from + i]) return false;
  return true;
}
