import { createTextPages } from './text-pages.ts';
import { compareUtf8 } from './utf8-order.ts';

/** Bytes of the two digests of a file, one behind the other: MD5, then BLAKE3. */
export const MD5_BYTES = 16;
export const BLAKE3_BYTES = 32;
export const SUMS_BYTES = MD5_BYTES + BLAKE3_BYTES;

/**
 * The files of a directory in columns, some 60 bytes and the path for each, so that a million of them fit into memory.
 * Rows are numbered from 0 in the order in which they were added.
 */
export interface FileTable {
  readonly count: number;
  /** Sum of the sizes of all files. */
  readonly totalBytes: number;
  /**
   * Adds a file whose digests are not known yet.
   * @param path relative to the directory, with `/`; bytes where the name is not UTF-8
   * @returns its row
   */
  add(path: string | Uint8Array, sizeBytes: number): number;
  /** Takes 48 bytes, MD5 and BLAKE3, from `bytes`. */
  setSums(row: number, bytes: Uint8Array, offset: number): void;
  /** Takes the size as it was while the file was read. */
  setSize(row: number, sizeBytes: number): void;
  /** The path as it was added. */
  path(row: number): string | Uint8Array;
  md5(row: number): string;
  blake3(row: number): string;
  sizeBytes(row: number): number;
  /** The rows in the order of the bytes of their paths. */
  sorted(): Iterable<number>;
}

const PAGE_ROWS = 4096;
const NOT_UTF8 = 1;

/** The columns of some rows. Growing adds a page and copies nothing. */
type Page = {
  readonly sums: Uint8Array;
  readonly sizes: Float64Array;
  readonly pathStarts: Uint32Array;
  readonly flags: Uint8Array;
};

/** An empty table. */
export function createFileTable(): FileTable {
  const pages: Page[] = [];
  const paths = createTextPages();
  let count = 0;
  let totalBytes = 0;
  /** The path of the last row, as long as all came in order. */
  let last: string | undefined = '';
  const at = <Result>(row: number, read: (page: Page, i: number) => Result): Result => {
    const page = pages[Math.floor(row / PAGE_ROWS)];
    if (page === undefined) throw new RangeError(`there is no row ${row}`);
    return read(page, row % PAGE_ROWS);
  };
  const bytesOf = (row: number): Buffer => paths.get(at(row, ({ pathStarts }, i) => pathStarts[i] ?? 0));
  const table: FileTable = {
    get count() {
      return count;
    },
    get totalBytes() {
      return totalBytes;
    },
    add(path, sizeBytes) {
      const row = count++;
      if (row % PAGE_ROWS === 0) pages.push(newPage());
      const start = paths.add(typeof path === 'string' ? Buffer.from(path) : path);
      at(row, ({ pathStarts, flags }, i) => {
        pathStarts[i] = start;
        flags[i] = typeof path === 'string' ? 0 : NOT_UTF8;
      });
      const isInOrder = last !== undefined && typeof path === 'string' && (row === 0 || compareUtf8(last, path) < 0);
      last = isInOrder ? path : undefined;
      table.setSize(row, sizeBytes);
      return row;
    },
    setSums: (row, bytes, offset) =>
      at(row, ({ sums }, i) => sums.set(bytes.subarray(offset, offset + SUMS_BYTES), i * SUMS_BYTES)),
    setSize: (row, sizeBytes) =>
      at(row, ({ sizes }, i) => {
        totalBytes += sizeBytes - (sizes[i] ?? 0);
        sizes[i] = sizeBytes;
      }),
    path(row) {
      const bytes = bytesOf(row);
      return at(row, ({ flags }, i) => flags[i] !== NOT_UTF8) ? bytes.toString() : new Uint8Array(bytes);
    },
    md5: (row) => at(row, ({ sums }, i) => hex(sums, i * SUMS_BYTES, MD5_BYTES)),
    blake3: (row) => at(row, ({ sums }, i) => hex(sums, i * SUMS_BYTES + MD5_BYTES, BLAKE3_BYTES)),
    sizeBytes: (row) => at(row, ({ sizes }, i) => sizes[i] ?? 0),
    sorted: () => (last === undefined ? sortRows(count, bytesOf) : rowsFrom(count)),
  };
  return table;
}

function hex(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('hex');
}

function sortRows(count: number, bytesOf: (row: number) => Buffer): Iterable<number> {
  return Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
}

function* rowsFrom(count: number): Generator<number> {
  for (let row = 0; row < count; row++) yield row;
}

function newPage(): Page {
  return {
    sums: new Uint8Array(PAGE_ROWS * SUMS_BYTES),
    sizes: new Float64Array(PAGE_ROWS),
    pathStarts: new Uint32Array(PAGE_ROWS),
    flags: new Uint8Array(PAGE_ROWS),
  };
}
