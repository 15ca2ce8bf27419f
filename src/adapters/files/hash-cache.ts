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
import { RECORD_BYTES, RESULT_BYTES } from './hash-result.ts';
import { addRecords, type FileState, scanRecords } from './record-blocks.ts';

export interface HashCache {
  /**
   * Shows all records, oldest first, some at a time (see recall-sums.ts).
   * @param see must not keep what it is shown
   */
  scan(see: (records: Buffer) => void): void;
  /** To be called before the files are hashed whose results are then handed to `note`. */
  begin(): void;
  /** @returns false for a file that is too new: a later change could go unseen */
  note(results: Buffer, row: number): boolean;
  save(): void;
}

/** A smaller file is hashed sooner than the records are read. */
export const CACHED_BYTES_MIN = 1024 * 1024;

/** 350 MB. */
const RECORDS_MAX = 4 * 1024 * 1024;
const NOTED_PAGE = 4096 * RECORD_BYTES;
/** So much is written as soon as it is noted: a first add of a large folder would hold it all. */
const NOTED_MAX = 32 * NOTED_PAGE;

/** @param path of the file; its folder is made when missing */
export function openHashCache(path: string): HashCache {
  const file = { path, magic: 'cmf-sum1', countMax: RECORDS_MAX };
  /** How the file was found; undefined when it was not read, or was written to since. */
  let before: FileState | undefined;
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
    scan(see) {
      before = scanRecords(file, see);
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
