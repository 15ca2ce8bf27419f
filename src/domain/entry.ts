/**
 * Entries: the unit of the journal. An entry is one line of canonical JSON:
 *
 *     {"at"?:<ms>,"bucket":<pipeline id|_>,"hlc":<HLC>,"kind":<text>,"must"?:true,"nonce":<16 hex>,"on"?:<subject>,
 *      "op":{…},"over"?:[<entry id>…],"was"?:{"id":<entry id>,"writer":<writer id>},"writer":<writer id>}
 *
 * Its id is the SHA-256 of that line. A line is hashed as it was stored; it is never written again from what it means.
 */
import { decodeCanonical, encodeCanonical, isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type Hlc, isHlc } from './clock.ts';
import { decodeOperation, decodeSubject, executionSubject } from './decode-operation.ts';
import { sha256Hex } from './digest.ts';
import { CmfError } from './errors.ts';
import { type Bucket, type EntryId, isBucket, isEntryId, isWriterId, type WriterId } from './ids.ts';
import { encodeOperation, type Operation, type Subject } from './operation.ts';
import { type PlainEntry, readPlainEntry } from './plain-entry.ts';
import { sharedText } from './shared-text.ts';
import { visible } from './visible.ts';

/** Longest line, in bytes of UTF-8. */
export const ENTRY_BYTES_MAX = 64 * 1024;
/** Room that a first sealing leaves, in bytes: sealing again adds where and when it was sealed first. */
const RESEAL_BYTES = 512;
const NONCE = /^[0-9a-f]{16}$/;

/** Where an entry was sealed first, when its writer could not go on and it was sealed again. */
export type FirstSealing = { readonly id: EntryId; readonly writer: WriterId };

/** A line whose id and shape have been checked; only sealEntry and verifyEntry make one. */
export type Entry = {
  readonly id: EntryId;
  /** The stored bytes, without the line feed. */
  readonly line: string;
  readonly writer: WriterId;
  readonly bucket: Bucket;
  readonly hlc: Hlc;
  /** The name of the kind as written, also when the kind is unknown here. */
  readonly kind: string;
  readonly subject: Subject | undefined;
  readonly operation: Operation;
  /** Values of other writers that the author saw and replaces. */
  readonly over: readonly EntryId[];
  readonly was: FirstSealing | undefined;
  /** Claimed time of the event, milliseconds since the epoch. */
  readonly atMs: number | undefined;
  /** A reader that does not know the kind must not show the subject as if nothing had been said. */
  readonly must: boolean;
};

/** What an entry says, without its bytes: all that the fold asks of it, and of a million of them half the memory. */
export type Said = Omit<Entry, 'line'>;

/** What packing needs of an entry. A program that records much keeps this of each, not all that it says. */
export type SealedLine = Pick<Entry, 'id' | 'line' | 'writer' | 'bucket' | 'hlc'>;

/** What an author wants to say, before it is sealed. */
export type EntryDraft = {
  readonly bucket: Bucket;
  readonly subject?: Subject;
  readonly operation: Exclude<Operation, { kind: 'unknown' }>;
  readonly over?: readonly EntryId[];
  readonly was?: FirstSealing;
  readonly atMs?: number;
};

/** What sealing adds; collected by the caller, so sealing asks the world nothing. */
export type Seal = { readonly writer: WriterId; readonly hlc: Hlc; readonly nonce: string };

/**
 * Seals a draft into an entry.
 * @throws CmfError `usage` when the line would leave no room to seal it again, cannot be encoded or breaks a rule
 */
export function sealEntry(draft: EntryDraft, seal: Seal): Entry {
  const { bucket, operation, subject, over = [], was, atMs } = draft;
  const json: JsonObject = {
    at: atMs,
    bucket,
    hlc: seal.hlc,
    kind: operation.kind,
    nonce: seal.nonce,
    on: subject === undefined ? undefined : { [subject.kind]: subject.id },
    op: encodeOperation(operation),
    over: over.length === 0 ? undefined : [...new Set(over)].sort(),
    was: was === undefined ? undefined : { ...was },
    writer: seal.writer,
  };
  const line = encodeCanonical(json);
  const sizeBytes = Buffer.byteLength(line);
  const sizeMax = ENTRY_BYTES_MAX - RESEAL_BYTES;
  if (sizeBytes > sizeMax) {
    throw new CmfError('usage', {
      message: `a record of ${sizeBytes} bytes is too long: one ${operation.kind} record holds at most ${sizeMax}`,
      hint: 'put large values into a file and record it with git cmf log-artifact FILE',
    });
  }
  return checkSealed(json, line);
}

/** What nobody could read must not be sealed: it would be kept for ever and ignored. */
function checkSealed(json: JsonObject, line: string): Entry {
  let entry: Entry;
  try {
    entry = readEntry(json, line);
  } catch (cause) {
    if (!(cause instanceof CmfError)) throw cause;
    throw new CmfError('usage', { message: `cannot record this: ${cause.message}`, cause });
  }
  if (entry.operation.kind !== 'unknown') return entry;
  throw new CmfError('usage', { message: `cannot record this: a ${entry.kind} record has not the shape it must have` });
}

const MEMBERS: ReadonlySet<string> = new Set([
  'at',
  'bucket',
  'hlc',
  'kind',
  'must',
  'nonce',
  'on',
  'op',
  'over',
  'was',
  'writer',
]);

/** What an entry says, in an object that does not keep its bytes alive. */
export function saidBy({ id, writer, bucket, hlc, kind, subject, operation, over, was, atMs, must }: Entry): Said {
  return { id, writer, bucket, hlc, kind, subject, operation, over, was, atMs, must };
}

/**
 * Checks a line that came from a journal.
 * @throws CmfError `damaged`, naming the first rule it breaks
 */
export function verifyEntry(line: string): Entry {
  if (isTooLong(line)) throw broken(`is longer than ${ENTRY_BYTES_MAX} bytes`);
  const plain = readPlainEntry(line);
  return plain === undefined ? verifyClosely(line) : plainEntry(plain, line);
}

/** The entry that a plain line says. */
function plainEntry({ at, bucket, hlc, kind, execution, op, writer }: PlainEntry, line: string): Entry {
  const subject = executionSubject(execution);
  return {
    id: sha256Hex(line) as EntryId,
    line,
    writer,
    bucket,
    hlc,
    kind,
    subject,
    operation: decodeOperation(kind, subject, op),
    over: NOTHING,
    was: undefined,
    atMs: at,
    must: false,
  };
}

/**
 * Checks a line member by member: what verifyEntry does with one that is not plain.
 * @throws CmfError `damaged`, naming the first rule it breaks
 */
export function verifyClosely(line: string): Entry {
  const json = decodeCanonical(line);
  if (!isJsonObject(json)) throw broken('is not an object');
  return readEntry(json, line);
}

/** A UTF-16 unit is at most 3 bytes of UTF-8, so most lines need not be measured. */
function isTooLong(line: string): boolean {
  return line.length * 3 > ENTRY_BYTES_MAX && Buffer.byteLength(line) > ENTRY_BYTES_MAX;
}

/** The entry that a line says, given what the line decodes to. */
function readEntry(json: JsonObject, line: string): Entry {
  const strange = Object.keys(json).find((key) => !MEMBERS.has(key));
  if (strange !== undefined) throw broken(`has a member '${shown(strange)}', which format 1 does not know`);
  const { writer, bucket, hlc, kind, nonce, must, at } = json;
  if (!isWriterId(writer) || !isBucket(bucket) || !isHlc(hlc)) throw broken('lacks a writer, a bucket or a time');
  if (typeof kind !== 'string' || !/^[a-z][a-z0-9.-]{0,63}$/.test(kind)) throw broken('lacks a kind');
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) throw broken('lacks a nonce of 16 hex digits');
  if (must !== undefined && must !== true) throw broken("has a 'must' that is not true");
  if (at !== undefined && !Number.isSafeInteger(at)) throw broken("has an 'at' that is not a time in milliseconds");
  const subject = decodeSubject(json['on']);
  return {
    id: sha256Hex(line) as EntryId,
    line,
    writer: sharedText(writer),
    bucket: sharedText(bucket),
    hlc,
    kind: sharedText(kind),
    subject,
    operation: decodeOperation(kind, subject, payload(json['op'])),
    over: overOf(json['over']),
    was: wasOf(json['was']),
    atMs: at as number | undefined,
    must: must === true,
  };
}

function payload(json: Json | undefined): JsonObject {
  if (!isJsonObject(json)) throw broken("lacks its payload 'op'");
  return json;
}

const NOTHING: readonly EntryId[] = [];

function overOf(json: Json | undefined): readonly EntryId[] {
  if (json === undefined) return NOTHING;
  if (!Array.isArray(json) || json.length === 0) throw broken("has a malformed 'over'");
  json.forEach((id: Json, i) => {
    if (!isEntryId(id) || (i > 0 && id <= json[i - 1])) throw broken("has an 'over' that is not a sorted set of ids");
  });
  return json as readonly EntryId[];
}

function wasOf(json: Json | undefined): FirstSealing | undefined {
  if (json === undefined) return undefined;
  if (!isJsonObject(json) || Object.keys(json).length !== 2) throw broken("has a malformed 'was'");
  const { id, writer } = json;
  if (!isEntryId(id) || !isWriterId(writer)) throw broken("has a malformed 'was'");
  return { id, writer };
}

/** A name that anybody may have sent: on one line, and no longer than a line. */
function shown(name: string): string {
  return visible(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}

function broken(rule: string): CmfError {
  return new CmfError('damaged', { message: `an entry ${rule}` });
}
