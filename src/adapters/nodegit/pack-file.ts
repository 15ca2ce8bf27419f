import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import type { NewObject } from '../../ports/git-store.ts';
import { syncFolder, writeSynced } from './synced-files.ts';

const compress = promisify(deflate);

/** zlib's fastest; `git gc` packs again. */
const LEVEL = 1;

/** Compressed at the same time. */
const AT_ONCE = 8;

const TYPES: Readonly<Record<NewObject['type'], number>> = { commit: 1, tree: 2, blob: 3 };

/** One object as it lies in the pack. */
type Packed = { readonly id: Buffer; readonly bytes: Buffer; readonly offset: number };

/**
 * Writes objects as one pack with its index (gitformat-pack(5): version 2 of both, no deltas). Both are synced before they
 * get their names, the index last: only then git sees the pack. All of it is held in memory, so the caller keeps it far
 * below the 2 GiB that a plain index can address. What a kill leaves is named as `git gc` expects it and cleans it.
 *
 * @param directory the folder `objects`
 */
export async function writePack(directory: string, objects: readonly NewObject[]): Promise<void> {
  const folder = join(directory, 'pack');
  const temporary = join(folder, `tmp_pack_${randomBytes(6).toString('hex')}`);
  const packed = await packAll(objects);
  const body = Buffer.concat([packHeader(packed.length), ...packed.map(({ bytes }) => bytes)]);
  const checksum = createHash('sha1').update(body).digest();
  const path = join(folder, `pack-${checksum.toString('hex')}`);
  await mkdir(folder, { recursive: true });
  try {
    await writeSynced(temporary, Buffer.concat([body, checksum]));
    await writeSynced(`${temporary}_idx`, formatIndex(packed, checksum));
    await rename(temporary, `${path}.pack`);
    await rename(`${temporary}_idx`, `${path}.idx`);
    await syncFolder(folder);
  } finally {
    for (const left of [temporary, `${temporary}_idx`]) await rm(left, { force: true });
  }
}

async function packAll(objects: readonly NewObject[]): Promise<Packed[]> {
  const packed: Packed[] = [];
  let offset = packHeader(0).length;
  for (let start = 0; start < objects.length; start += AT_ONCE) {
    const group = objects.slice(start, start + AT_ONCE);
    const bodies = await Promise.all(group.map(({ bytes }) => compress(bytes, { level: LEVEL })));
    for (const [index, object] of group.entries()) {
      const bytes = Buffer.concat([entryHeader(object), bodies[index] ?? Buffer.alloc(0)]);
      packed.push({ id: Buffer.from(object.oid, 'hex'), bytes, offset });
      offset += bytes.length;
    }
  }
  return packed;
}

function packHeader(count: number): Buffer {
  return Buffer.concat([Buffer.from('PACK'), word(2), word(count)]);
}

/** The type above four bits of the size, then seven bits a byte; the highest bit says that more follows. */
function entryHeader({ type, bytes }: NewObject): Buffer {
  const header = [(TYPES[type] << 4) | (bytes.length % 16)];
  for (let rest = Math.floor(bytes.length / 16); rest > 0; rest = Math.floor(rest / 128)) {
    header[header.length - 1] = (header.at(-1) ?? 0) | 0x80;
    header.push(rest % 128);
  }
  return Buffer.from(header);
}

function formatIndex(packed: readonly Packed[], packChecksum: Buffer): Buffer {
  const sorted = packed.toSorted((a, b) => Buffer.compare(a.id, b.id));
  const counts = new Array<number>(256).fill(0);
  for (const { id } of sorted) counts[id[0] ?? 0] = (counts[id[0] ?? 0] ?? 0) + 1;
  let total = 0;
  const fanout = counts.map((count) => {
    total += count;
    return word(total);
  });
  const body = Buffer.concat([
    Buffer.from([0xff, 0x74, 0x4f, 0x63]),
    word(2),
    ...fanout,
    ...sorted.map(({ id }) => id),
    ...sorted.map(({ bytes }) => word(crc32(bytes))),
    ...sorted.map(({ offset }) => word(offset)),
    packChecksum,
  ]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
