/** Many short byte strings, one behind the other in large pieces: no object and no copy for each. */
export interface TextPages {
  /** @returns the number by which `get` finds it again */
  add(bytes: Uint8Array): number;
  /** A view, not a copy. */
  get(start: number): Buffer;
}

const PAGE_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;

/** Holds up to 4 GiB in all; a string that is longer than a page gets one to itself. */
export function createTextPages(): TextPages {
  const pages: Buffer[] = [];
  let used = PAGE_BYTES;
  return {
    add(bytes) {
      const length = bytes.length + LENGTH_BYTES;
      if (used + length > PAGE_BYTES) {
        pages.push(Buffer.alloc(Math.max(PAGE_BYTES, length)));
        used = 0;
      }
      const page = pages.at(-1) as Buffer;
      const start = (pages.length - 1) * PAGE_BYTES + used;
      page.writeUInt32LE(bytes.length, used);
      page.set(bytes, used + LENGTH_BYTES);
      used += length;
      return start;
    },
    get(start) {
      const page = pages[Math.floor(start / PAGE_BYTES)] as Buffer;
      const at = start % PAGE_BYTES;
      return page.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + page.readUInt32LE(at));
    },
  };
}
