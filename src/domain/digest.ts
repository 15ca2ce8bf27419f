import { createHash, hash } from 'node:crypto';
import { CmfError } from './errors.ts';

/**
 * A content digest: what bytes are called, always together with how the name was computed.
 *
 * Known kinds and the shape of their value:
 * - `blake3`             64 hex: BLAKE3 of the bytes
 * - `blake3-tree`        64 hex: BLAKE3 of a directory manifest (see tree-manifest.ts)
 * - `md5`                32 hex: MD5 of the bytes (DVC 3)
 * - `md5-dir`            32 hex: MD5 of DVC's `.dir` text; written without the `.dir` suffix
 * - `md5-dos2unix`       32 hex: DVC 2's MD5 with CR LF folded in text
 * - `md5-dos2unix-dir`   32 hex: the `.dir` of DVC 2
 * - `sha256`             64 hex
 * - `etag`               any text: what an object store calls a version
 *
 * Kinds that a newer version may bring are kept as they are and never make two artifacts one.
 */
export type Digest = { readonly kind: string; readonly value: string };

const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['blake3', 64],
  ['blake3-tree', 64],
  ['md5', 32],
  ['md5-dir', 32],
  ['md5-dos2unix', 32],
  ['md5-dos2unix-dir', 32],
  ['sha256', 64],
]);

/** Kinds that nobody can find a second preimage or a collision for; only these say that two contents are one. */
const STRONG_KINDS: ReadonlySet<string> = new Set(['blake3', 'blake3-tree', 'sha256']);

/** Kinds that may be an alias of a strong digest when one read of the bytes gave both. */
const WEAK_KINDS: ReadonlySet<string> = new Set(['md5', 'md5-dir', 'md5-dos2unix', 'md5-dos2unix-dir']);

/** True for a kind whose equality alone means equal content. */
export function isStrongKind(kind: string): boolean {
  return STRONG_KINDS.has(kind);
}

/** True for a kind that can be an alias. Unknown kinds and `etag` cannot. */
export function isWeakKind(kind: string): boolean {
  return WEAK_KINDS.has(kind);
}

/** `kind:value`, the form used in entries, notes, URLs and on the command line. */
export function formatDigest(digest: Digest): string {
  return `${digest.kind}:${digest.value}`;
}

/** True if the value has the shape that its kind demands. A kind that is not known here must only be non-empty. */
export function isWellFormedDigest(digest: Digest): boolean {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(digest.kind)) return false;
  const length = HEX_LENGTHS.get(digest.kind);
  if (length === undefined) return digest.value.length > 0 && digest.value.length <= 256;
  return digest.value.length === length && /^[0-9a-f]+$/.test(digest.value);
}

/**
 * Parses `kind:value`.
 * @throws CmfError `usage` when the text is not a digest
 */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const digest = { kind: text.slice(0, Math.max(colon, 0)), value: text.slice(colon + 1) };
  if (colon > 0 && isWellFormedDigest(digest)) return digest;
  throw new CmfError('usage', {
    message: `'${text}' is not a digest: it must be KIND:VALUE, as in md5:d41d8cd98f00b204e9800998ecf8427e`,
  });
}

/** Order of `kind:value` by UTF-16 code units, the one order in which digests are listed and hashed. */
export function compareDigests(a: Digest, b: Digest): number {
  const left = formatDigest(a);
  const right = formatDigest(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** SHA-256 as 64 lower-case hex digits; text is hashed as UTF-8. */
export function sha256Hex(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** MD5 as 32 lower-case hex digits, as DVC names content; text is hashed as UTF-8. */
export function md5Hex(bytes: string | Uint8Array): string {
  return hash('md5', bytes, 'hex');
}

/** How much text is collected before it is handed to the hash, in UTF-16 units. */
const CHUNK_LENGTH = 64 * 1024;

/** SHA-256 of lines that each end in a line feed, as 64 hex digits. Never holds more than a chunk of them. */
export function sha256OfLines(lines: Iterable<string>): string {
  const sum = createHash('sha256');
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    sum.update(chunk);
    chunk = '';
  }
  return sum.update(chunk).digest('hex');
}

/** The id that git gives a blob with this text: the hash of `blob <bytes>\0` and the text. */
export function gitBlobId(text: string, objectFormat: 'sha1' | 'sha256'): string {
  const bytes = Buffer.from(text, 'utf8');
  return createHash(objectFormat).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
