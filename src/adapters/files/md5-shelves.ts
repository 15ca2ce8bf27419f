const MD5_BYTES = 16;
const SHELVES = 256;

/** Many MD5s, 16 bytes each, by the folder of a cache that they belong to. */
export interface Md5Shelves {
  /** @param md5 32 hex digits */
  add(md5: string): void;
  /** The two digits of each folder that has some, and the other 30 of each of these, as often as they were added. */
  all(): Generator<readonly [shelf: string, names: Iterable<string>]>;
}

type Growing = { bytes: Buffer; used: number };

export function createMd5Shelves(): Md5Shelves {
  const shelves: (Growing | undefined)[] = [];
  return {
    add(md5) {
      const shelf = Number.parseInt(md5.slice(0, 2), 16);
      const list = shelves[shelf] ?? { bytes: Buffer.alloc(16 * MD5_BYTES), used: 0 };
      shelves[shelf] = list;
      if (list.used === list.bytes.length) list.bytes = Buffer.concat([list.bytes], list.bytes.length * 2);
      list.bytes.write(md5, list.used, 'hex');
      list.used += MD5_BYTES;
    },
    *all() {
      for (let shelf = 0; shelf < SHELVES; shelf++) {
        const list = shelves[shelf];
        if (list !== undefined) yield [shelf.toString(16).padStart(2, '0'), namesOf(list)];
      }
    },
  };
}

function* namesOf({ bytes, used }: Growing): Generator<string> {
  for (let at = 0; at < used; at += MD5_BYTES) yield bytes.toString('hex', at + 1, at + MD5_BYTES);
}
