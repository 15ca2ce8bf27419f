/** Finding files in the hash cache: the files stand in an index, and the records go by. */
import type { FileTable } from '../../domain/file-table.ts';
import type { HashCache } from './hash-cache.ts';
import { KEY_BYTES, RECORD_BYTES } from './hash-result.ts';
import { SURVEY_NUMBERS, SURVEY_WORDS, type Survey } from './survey-directory.ts';

/**
 * Takes the digests of the files of a directory from the cache into a table that has a row for each of them.
 * @returns 1 for each row whose digests are known
 */
export function recallSums(cache: HashCache, survey: Survey, files: FileTable): Uint8Array {
  const known = new Uint8Array(survey.count);
  const { slots, twins } = indexOf(survey);
  const take = (records: Buffer, at: number): void => {
    const mask = slots.length - 1;
    let slot = slotOf(records.readUInt32LE(at + 8), records.readUInt32LE(at + 12), mask);
    for (let row = rowIn(slots, slot); row >= 0; row = rowIn(slots, slot)) {
      if (survey.isSame(row, records, at)) {
        files.setSums(row, records, at + KEY_BYTES);
        known[row] = 1;
        return;
      }
      slot = (slot + 1) & mask;
    }
  };
  cache.scan((records) => {
    for (let at = 0; at < records.length; at += RECORD_BYTES) take(records, at);
  });
  for (const [row, first] of twins) {
    if (known[first] !== 1) continue;
    files.setSums(row, Buffer.from(files.md5(first) + files.blake3(first), 'hex'), 0);
    known[row] = 1;
  }
  return known;
}

/** The 48 bytes of the digests of one file; undefined if they are not known. @param key what writeKey wrote */
export function recallOne(cache: HashCache, key: Float64Array): Buffer | undefined {
  const wanted = Buffer.from(key.buffer, key.byteOffset, KEY_BYTES);
  let found: Buffer | undefined;
  cache.scan((records) => {
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      if (records.compare(wanted, 0, KEY_BYTES, at, at + KEY_BYTES) !== 0) continue;
      found = Buffer.from(records.subarray(at + KEY_BYTES, at + RECORD_BYTES));
    }
  });
  return found;
}

/** Open addressing on the inode. `twins`: names of one file that has another name before, with the row of that one. */
function indexOf(survey: Survey) {
  let size = 16;
  while (size < survey.count * 2) size *= 2;
  const slots = new Int32Array(size);
  const twins = new Map<number, number>();
  for (const { first, names, numbers, words } of survey.parts) {
    const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    for (let i = 0; i < names.length; i++) {
      let slot = slotOf(words[i * SURVEY_WORDS + 2] ?? 0, words[i * SURVEY_WORDS + 3] ?? 0, size - 1);
      let row = rowIn(slots, slot);
      while (row >= 0 && !survey.isSame(row, bytes, i * SURVEY_NUMBERS * 8)) {
        slot = (slot + 1) & (size - 1);
        row = rowIn(slots, slot);
      }
      if (row >= 0) twins.set(first + i, row);
      else slots[slot] = first + i + 1;
    }
  }
  return { slots, twins };
}

function rowIn(slots: Int32Array, slot: number): number {
  return (slots[slot] ?? 0) - 1;
}

/** @param low, high the halves of an inode number, as a double: small numbers differ in the high half alone */
function slotOf(low: number, high: number, mask: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & mask;
}
