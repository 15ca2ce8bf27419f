import type { FileTable } from '../../domain/file-table.ts';
import { isTrusted } from './object-keeper.ts';

/** Those of some files whose content is not in the cache, or is there and not to be trusted. */
export function findUnkept(objects: string, files: FileTable, rows: readonly number[]): number[] {
  return rows.filter((row) => {
    const md5 = files.md5(row);
    return !isTrusted(`${objects}/${md5.slice(0, 2)}/${md5.slice(2)}`, files.sizeBytes(row));
  });
}
