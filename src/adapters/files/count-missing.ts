import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Digest } from '../../domain/digest.ts';
import { errorCode, fileFailure } from './file-failure.ts';

const MD5_BYTES = 16;
const SHELVES = 256;

/**
 * How many different objects of some are not in their folders. Holds 20 bytes for each, and the names of one folder.
 * @param objects the folder that the 256 are in, absolute
 * @param digests of files, not of directories
 */
export async function countMissingObjects(objects: string, digests: Iterable<Digest>): Promise<number> {
  const shelves: (Growing | undefined)[] = [];
  for (const { value } of digests) {
    const shelf = Number.parseInt(value.slice(0, 2), 16);
    shelves[shelf] ??= { bytes: Buffer.alloc(16 * MD5_BYTES), used: 0 };
    addMd5(shelves[shelf], value);
  }
  let missing = 0;
  for (let shelf = 0; shelf < SHELVES; shelf++) {
    const wanted = shelves[shelf];
    if (wanted === undefined) continue;
    const names = new Set(namesIn(`${objects}/${shelf.toString(16).padStart(2, '0')}`));
    const absent = new Set<string>();
    for (let at = 0; at < wanted.used; at += MD5_BYTES) {
      const name = wanted.bytes.toString('hex', at + 1, at + MD5_BYTES);
      if (!names.has(name)) absent.add(name);
    }
    missing += absent.size;
    shelves[shelf] = undefined;
    await setImmediate();
  }
  return missing;
}

/** MD5s, one behind the other. */
type Growing = { bytes: Buffer; used: number };

function addMd5(list: Growing, md5: string): void {
  if (list.used === list.bytes.length) list.bytes = Buffer.concat([list.bytes], list.bytes.length * 2);
  list.bytes.write(md5, list.used, 'hex');
  list.used += MD5_BYTES;
}

/** The names in a folder of the cache; none where there is no folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw fileFailure(error, folder);
  }
}
