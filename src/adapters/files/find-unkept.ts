import type { FileTable } from '../../domain/file-table.ts';
import { isTrusted } from './object-keeper.ts';

/**
 * Those of some files whose content is not in the cache, or is there and not to be trusted.
 * @param some 1 for each row that is asked for
 */
export function* findUnkept(objects: string, files: FileTable, some: Uint8Array): Generator<number> {
  for (let row = 0; row < files.count; row++) {
    if (some[row] !== 1) continue;
    const md5 = files.md5(row);
    if (!isTrusted(`${objects}/${md5.slice(0, 2)}/${md5.slice(2)}`, files.sizeBytes(row))) yield row;
  }
}
