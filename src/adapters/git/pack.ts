import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { NewObject } from '../../ports/git-store.ts';
import type { ObjectFormat } from './object-id.ts';

const PACK_TYPES: Readonly<Record<NewObject['type'], number>> = { commit: 1, tree: 2, blob: 3 };

/** Compressed at the same time, in node's thread pool. */
const AT_ONCE = 8;

const compress = promisify(deflate);

/**
 * The objects as one pack (git's pack format, version 2, no deltas): what `unpack-objects` and `index-pack` read.
 * `level` is zlib's: 0 when git will compress again anyway.
 */
export async function* formatPack(
  objects: readonly NewObject[],
  format: ObjectFormat,
  level: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const checksum = createHash(format);
  const header = packHeader(objects.length);
  checksum.update(header);
  yield header;
  for (let start = 0; start < objects.length; start += AT_ONCE) {
    const group = objects.slice(start, start + AT_ONCE);
    const bodies = await Promise.all(group.map((object) => compress(object.bytes, { level })));
    const parts = group.flatMap((object, index) => [entryHeader(object), bodies[index] ?? Buffer.alloc(0)]);
    const chunk = Buffer.concat(parts);
    checksum.update(chunk);
    yield chunk;
  }
  yield checksum.digest();
}

function packHeader(count: number): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  return header;
}

/** Type in bits 4 to 6, size in the low 4 bits and then 7 bits a byte, lowest first; bit 7 says that more follows. */
function entryHeader(object: NewObject): Buffer {
  let rest = Math.floor(object.bytes.length / 16);
  const bytes = [(PACK_TYPES[object.type] << 4) | (object.bytes.length & 15)];
  while (rest > 0) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from(bytes);
}
