/**
 * Remembers what many observations together led to, so that the same observations lead there at once.
 *
 *     <common git dir>/cmf/folders     blocks of records, see record-blocks.ts
 *     record                           SHA-256 of what was observed (32); MD5 (16), BLAKE3 (32) and length of a list (double)
 *
 * Who remembers something must be sure that whatever could make it wrong changes an observation.
 */

import { RECORD_BYTES } from './hash-result.ts';
import { addRecords, type RecordFile, type Records, readRecords } from './record-blocks.ts';

/** Digests of a directory in hex, and the length of its `.dir` object. */
export type DirectorySums = { readonly md5: string; readonly blake3: string; readonly listBytes: number };

export interface FolderMemory {
  /** @param facts SHA-256 of what was observed */
  recall(facts: Uint8Array): DirectorySums | undefined;
  remember(facts: Uint8Array, sums: DirectorySums): void;
}

const FACTS_BYTES = 32;
const RECORDS_MAX = 1024;

/** @param path of the file; what is remembered can be lost at any time */
export function openFolderMemory(path: string): FolderMemory {
  const file: RecordFile = { path, magic: 'cmf-dir1', countMax: RECORDS_MAX };
  let loaded: Records | undefined;
  return {
    recall(facts) {
      loaded = readRecords(file);
      const { bytes, count } = loaded;
      for (let at = (count - 1) * RECORD_BYTES; at >= 0; at -= RECORD_BYTES) {
        if (bytes.compare(facts, 0, FACTS_BYTES, at, at + FACTS_BYTES) !== 0) continue;
        return {
          md5: bytes.toString('hex', at + 32, at + 48),
          blake3: bytes.toString('hex', at + 48, at + 80),
          listBytes: bytes.readDoubleLE(at + 80),
        };
      }
      return undefined;
    },
    remember(facts, { md5, blake3, listBytes }) {
      const record = Buffer.alloc(RECORD_BYTES);
      record.set(facts);
      record.write(md5, 32, 'hex');
      record.write(blake3, 48, 'hex');
      record.writeDoubleLE(listBytes, 80);
      addRecords(file, [record], loaded);
    },
  };
}
