import { encodeCanonical } from './canonical-json.ts';
import { compareUtf8 } from './utf8-order.ts';

/** One file of a directory. `path` is relative to it, with `/`; bytes where the name is not UTF-8. */
export type TreeFile = {
  readonly path: string | Uint8Array;
  /** 64 hex digits: BLAKE3 of the content. */
  readonly blake3: string;
  readonly sizeBytes: number;
};

const HEADER = 'git-cmf blake3-tree 1\n';

/**
 * The bytes whose BLAKE3 is a directory's `blake3-tree` digest.
 *
 * Format 1, UTF-8 text:
 * - the line `git-cmf blake3-tree 1`, so that no manifest is ever mistaken for the content of a file;
 * - for each file one line of canonical JSON (RFC 8785), `["<path>","<blake3>",<size in bytes>]`, sorted by the bytes of
 *   the path, `/` being an ordinary byte;
 * - a path that is not UTF-8 stands as `{"$bytes":"<base64>"}`; names are never normalised;
 * - every line ends in a line feed. An empty directory is the header alone; empty folders leave no trace, and so do x bits,
 *   which DVC does not bring back either: what is checked out must be called what was added.
 *
 * Paths must be unique; the order of `files` does not matter.
 * @throws CmfError `usage` for a text with half a surrogate pair
 */
export function encodeTreeManifest(files: readonly TreeFile[]): Uint8Array {
  const named = files.map((file) => ({ ...file, path: textIfUtf8(file.path) }));
  named.sort((a, b) => comparePaths(a.path, b.path));
  return new TextEncoder().encode([...treeManifestChunks(named)].join(''));
}

/**
 * The same text in pieces, never all of it at once, from files that are in order already and whose paths are bytes only
 * where they are not UTF-8.
 * @throws CmfError `usage`
 */
export function* treeManifestChunks(sorted: Iterable<TreeFile>): Generator<string> {
  let chunk = HEADER;
  for (const file of sorted) {
    chunk += manifestLine(file);
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

/** How much text is handed on at once, in characters. */
const CHUNK_LENGTH = 64 * 1024;

/** Canonical JSON of a plain text is what JSON.stringify makes of it, which is much faster. */
function manifestLine({ path, blake3, sizeBytes }: TreeFile): string {
  const isPlain = typeof path === 'string' && path.isWellFormed();
  const name = isPlain ? JSON.stringify(path) : encodeCanonical(typeof path === 'string' ? path : bytesName(path));
  return `[${name},"${blake3}",${sizeBytes}]\n`;
}

function bytesName(path: Uint8Array): { readonly $bytes: string } {
  return { $bytes: base64(path) };
}

/** One path has one spelling: bytes only where text cannot say it. */
function textIfUtf8(path: string | Uint8Array): string | Uint8Array {
  if (typeof path === 'string') return path;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(path);
  } catch {
    return path;
  }
}

function comparePaths(a: string | Uint8Array, b: string | Uint8Array): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  const left = typeof a === 'string' ? new TextEncoder().encode(a) : a;
  const right = typeof b === 'string' ? new TextEncoder().encode(b) : b;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
