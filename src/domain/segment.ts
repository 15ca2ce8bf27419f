/**
 * Segments: the files of a journal. A segment is immutable, at most SEGMENT_BYTES_MAX long, and made of lines that each
 * end in a line feed:
 *
 *     {"bucket":…,"count":<entries>,"format":1,"number":<0,1,2… per writer and bucket>,
 *      "previous":<SHA-256 of the segment before, or null>,"writer":…}
 *     <entry>                       count times; or {"purged":<entry id>} where a purge took one out
 *     {"signature":<Ed25519 over the header line and the entry ids>}
 *
 * The signature covers ids, not lines, so a purged segment still verifies.
 */
import { decodeCanonical, encodeCanonical, isJsonObject, type Json } from './canonical-json.ts';
import { sha256Hex } from './digest.ts';
import { type Entry, type SealedLine, verifyEntry } from './entry.ts';
import { CmfError } from './errors.ts';
import { type Bucket, type EntryId, isBucket, isEntryId, isWriterId, type WriterId } from './ids.ts';
import {
  isSignature,
  type PublicKey,
  type SecretKey,
  type Signature,
  signText,
  verifyText,
  writerIdOf,
} from './signature.ts';

export const SEGMENT_BYTES_MAX = 1024 * 1024;
export const SEGMENT_ENTRIES_MAX = 1000;
/** Room that the header and the signature line need, in bytes; a packer leaves it free. */
export const SEGMENT_FRAME_BYTES = 512;

export type SegmentHeader = {
  readonly writer: WriterId;
  readonly bucket: Bucket;
  /** Counts a writer's segments of one bucket from 0. A gap or a repetition is reported, never refused. */
  readonly number: number;
  readonly count: number;
  /** SHA-256 of the bytes of this writer's segment before in this bucket; null for the first. */
  readonly previous: string | null;
};

/** A segment whose signature, ids and shapes have been checked; only sealSegment and verifySegment make one. */
export type Segment<Line extends SealedLine = Entry> = {
  readonly header: SegmentHeader;
  readonly entries: readonly Line[];
  /** Ids that a purge took out, in place. */
  readonly purged: readonly EntryId[];
  readonly text: string;
  /** SHA-256 of the text. */
  readonly sha256: string;
};

/**
 * Signs entries into a segment. They must be of one writer and bucket and not more than fits.
 * @param place its number, and the SHA-256 of the segment before it
 * @throws CmfError `internal` when they are not
 */
export function sealSegment<Line extends SealedLine>(
  entries: readonly Line[],
  place: { readonly number: number; readonly previous: string | null },
  secret: SecretKey,
): Segment<Line> {
  const first = entries[0];
  if (first === undefined || entries.length > SEGMENT_ENTRIES_MAX) {
    throw new CmfError('internal', { message: `a segment holds 1 to ${SEGMENT_ENTRIES_MAX} entries` });
  }
  const { writer, bucket } = first;
  if (!entries.every((entry) => entry.writer === writer && entry.bucket === bucket)) {
    throw new CmfError('internal', { message: 'a segment holds entries of one writer and one bucket' });
  }
  const header: SegmentHeader = { writer, bucket, count: entries.length, ...place };
  const headerLine = encodeCanonical({ ...header, format: 1 });
  const ids = entries.map((entry) => entry.id);
  const signature = signText(secret, signedText(headerLine, ids));
  const lines = [headerLine, ...entries.map((entry) => entry.line), encodeCanonical({ signature })];
  const text = `${lines.join('\n')}\n`;
  if (Buffer.byteLength(text) > SEGMENT_BYTES_MAX) {
    throw new CmfError('internal', { message: `a segment has at most ${SEGMENT_BYTES_MAX} bytes` });
  }
  return { header, entries, purged: [], text, sha256: sha256Hex(text) };
}

function signedText(headerLine: string, ids: readonly EntryId[]): string {
  return `git-cmf segment 1\n${headerLine}\n${ids.join('\n')}\n`;
}

/**
 * Checks a segment that came from anywhere.
 * @param key the public key of the writer in whose tree it lies
 * @param sha256 that of the text, where the caller has computed it
 * @throws CmfError `damaged`, naming the first rule it breaks
 */
export function verifySegment(text: string, key: PublicKey, sha256 = sha256Hex(text)): Segment {
  if (text.length * 3 > SEGMENT_BYTES_MAX && Buffer.byteLength(text) > SEGMENT_BYTES_MAX)
    throw broken(`is longer than ${SEGMENT_BYTES_MAX} bytes`);
  const lines = text.split('\n');
  if (lines.pop() !== '') throw broken('does not end in a line feed');
  const headerLine = lines.shift() ?? '';
  const header = decodeHeader(decodeCanonical(headerLine));
  const signature = decodeSignature(lines.pop() ?? '');
  if (lines.length !== header.count) throw broken(`says ${header.count} entries and has ${lines.length}`);
  const entries: Entry[] = [];
  const purged: EntryId[] = [];
  const ids = lines.map((line) => {
    const gone = purgedId(line);
    if (gone !== undefined) purged.push(gone);
    else entries.push(entryOf(line, header));
    return gone ?? (entries[entries.length - 1] as Entry).id;
  });
  if (!verifyText(key, signedText(headerLine, ids), signature)) throw broken('is not signed by its writer');
  // Whoever has a key can sign with it what he says another wrote.
  const owner = writerIdOf(key);
  if (header.writer !== owner) throw broken(`of writer ${header.writer} in the journal of ${owner}`);
  return { header, entries, purged, text, sha256 };
}

function entryOf(line: string, header: SegmentHeader): Entry {
  const entry = verifyEntry(line);
  if (entry.writer !== header.writer) throw broken(`of ${header.writer} holds an entry of ${entry.writer}`);
  if (entry.bucket !== header.bucket)
    throw broken(`of bucket ${header.bucket} holds an entry of bucket ${entry.bucket}`);
  return entry;
}

function purgedId(line: string): EntryId | undefined {
  if (!line.startsWith('{"purged":')) return undefined;
  const json = decodeCanonical(line);
  const id = isJsonObject(json) && Object.keys(json).length === 1 ? json['purged'] : undefined;
  if (!isEntryId(id)) throw broken('has a malformed purged line');
  return id;
}

function decodeHeader(json: Json): SegmentHeader {
  if (!isJsonObject(json) || Object.keys(json).length !== 6) throw broken('has a malformed header');
  const { writer, bucket, number, count, previous, format } = json;
  if (format !== 1) throw broken('is not of format 1');
  if (!isWriterId(writer) || !isBucket(bucket)) throw broken('has a header without writer or bucket');
  if (!isCount(number) || !isCount(count) || count < 1 || count > SEGMENT_ENTRIES_MAX) {
    throw broken(`has a header whose numbers are out of range (1 to ${SEGMENT_ENTRIES_MAX} entries)`);
  }
  if (previous !== null && !isEntryId(previous)) throw broken("has a header whose 'previous' is no SHA-256");
  return { writer, bucket, number, count, previous };
}

function decodeSignature(line: string): Signature {
  const json = decodeCanonical(line);
  const signature = isJsonObject(json) && Object.keys(json).length === 1 ? json['signature'] : undefined;
  if (!isSignature(signature)) throw broken('does not end in a signature');
  return signature;
}

function isCount(json: Json | undefined): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function broken(rule: string): CmfError {
  return new CmfError('damaged', { message: `a segment ${rule}` });
}
