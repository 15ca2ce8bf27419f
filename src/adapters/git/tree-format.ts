import { CmfError } from '../../domain/errors.ts';
import type { Oid, TreeEntry } from '../../ports/git.ts';
import { type ObjectFormat, rawLengthBytes } from './object-id.ts';

/**
 * Reads the bytes of a tree object: `<mode> <name>\0<raw id>` again and again (git's tree format).
 *
 * A mode comes out as `ls-tree` prints it. Modes that git itself never writes stay recognisably different, also
 * a zero-padded `040000`, so that a check for the exact two allowed modes refuses them.
 */
export function parseTree(bytes: Uint8Array, format: ObjectFormat): TreeEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const idLength = rawLengthBytes(format);
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < buffer.length) {
    const space = buffer.indexOf(0x20, at);
    const end = space < 0 ? -1 : buffer.indexOf(0, space);
    if (end < 0 || end + idLength >= buffer.length)
      throw new CmfError('damaged', { message: 'a tree object ends early' });
    const oid = buffer.toString('hex', end + 1, end + 1 + idLength) as Oid;
    const mode = showMode(buffer.toString('latin1', at, space));
    entries.push({ mode, name: buffer.toString('latin1', space + 1, end), oid });
    at = end + 1 + idLength;
  }
  return entries;
}

/** The bytes of a tree object; sorts the entries the way git does. The inverse of `parseTree`. */
export function formatTree(entries: readonly TreeEntry[]): Buffer {
  const keyed = entries.map((entry) => ({ entry, key: isTree(entry) ? `${entry.name}/` : entry.name }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return Buffer.concat(
    keyed.flatMap(({ entry }) => [
      Buffer.from(`${storedMode(entry.mode)} ${entry.name}\0`, 'latin1'),
      Buffer.from(entry.oid, 'hex'),
    ]),
  );
}

/** True for a line that names a subtree. */
export function isTree(entry: Pick<TreeEntry, 'mode'>): boolean {
  return entry.mode === '040000';
}

function showMode(stored: string): string {
  return stored === '40000' || stored.startsWith('0') ? `0${stored}` : stored;
}

function storedMode(shown: string): string {
  return shown.startsWith('0') ? shown.slice(1) : shown;
}
