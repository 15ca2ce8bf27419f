/** Writers of the fuzzers: records and segments made from the words of docs/formats.md, without the program's code. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

export type FuzzWriter = {
  readonly id: string;
  /** The raw public key, base64url. */
  readonly key: string;
  readonly sign: (text: string) => string;
};

/** PKCS #8 header of an Ed25519 seed (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The writer of a number. */
export function fuzzWriter(number: number): FuzzWriter {
  const seed = createHash('sha256').update(`fuzz ${number}`).digest();
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const key = publicHalf(secret);
  const id = sha256(Buffer.from(key, 'base64url')).slice(0, 32);
  return { id, key, sign: (text) => sign(null, Buffer.from(text), secret).toString('base64url') };
}

function publicHalf(secret: KeyObject): string {
  return createPublicKey(secret).export({ format: 'jwk' }).x ?? '';
}

/** SHA-256 as hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** JSON as a program makes it that sorts keys: canonical unless a value cannot be. */
export function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${sorted(one)}`).join(',')}}`;
}

const records = new Map<string, string>();

/** The text of a plain writer.json, made once for each writer. */
export function plainRecord(writer: FuzzWriter): string {
  const text = records.get(writer.id) ?? recordText(writer);
  records.set(writer.id, text);
  return text;
}

/** The text of a writer.json. `change` may turn its members into anything before they are signed. */
export function recordText(
  writer: FuzzWriter,
  predecessors: readonly unknown[] = [],
  change: (members: Record<string, unknown>) => void = () => undefined,
): string {
  const members: Record<string, unknown> = {
    created: '018cc251f4000000',
    format: 1,
    key: writer.key,
    predecessors,
    writer: writer.id,
  };
  change(members);
  return sorted({ ...members, signature: writer.sign(`git-cmf writer 1\n${sorted(members)}\n`) });
}

/** What lets a writer continue another. */
export function predecessorOf(old: FuzzWriter, { id, key }: FuzzWriter): Record<string, unknown> {
  const signature = old.sign(`git-cmf successor 1\n${old.id}\n${id}\n${key}\n`);
  return { key: old.key, signature, writer: old.id };
}

/** What a segment is made of, before it is signed. */
export type SegmentParts = {
  readonly bucket: string;
  readonly number: number;
  readonly previous: string | null;
  /** Entries, one line each. */
  readonly lines: readonly string[];
};

/** A segment's header line. */
export function headerLine(writer: FuzzWriter, { bucket, number, previous, lines }: SegmentParts): string {
  return sorted({ bucket, count: lines.length, format: 1, number, previous, writer: writer.id });
}

/** The text of a segment, signed over its header and the ids of its lines. */
export function segmentText(writer: FuzzWriter, header: string, lines: readonly string[]): string {
  const ids = lines.map((line) => /^\{"purged":"([0-9a-f]*)"\}$/.exec(line)?.[1] ?? sha256(line));
  const signature = writer.sign(`git-cmf segment 1\n${header}\n${ids.join('\n')}\n`);
  return [header, ...lines, sorted({ signature }), ''].join('\n');
}

/** Where a segment of these bytes lies. */
export function segmentPlace(bucket: string, hlc: string, bytes: Uint8Array | string): string {
  const hash = sha256(bytes);
  const date = new Date(Number.parseInt(hlc.slice(0, 12), 16));
  const month = `${String(date.getUTCFullYear()).padStart(4, '0')}-${String(date.getUTCMonth() + 1).padStart(2, '0')}`;
  return `seg/${bucket}/${month}/${hash.slice(0, 2)}/${hlc}-${hash}.jsonl`;
}
