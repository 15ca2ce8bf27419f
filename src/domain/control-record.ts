/**
 * Control records: what admins of central repositories sign. Immutable, canonical JSON, one file each, named by its hash,
 * so control trees unite path by path.
 *
 *     key/<sha256>.json      {"created":<ms>,"format":1,"key":<public key>,"label":<text>,"signature":…}
 *     purge/<sha256>.json    {"at":<ms>,"format":1,"key":<public key>,"purges":[…],"reason":<text>,"signature":…}
 *     a purge                {"fields":[…],"first":<writer>,"hlc":…,"id":<entry id>,"over":[…],"writer":<writer>}
 *
 * A signature is made with `key` over the kind's own first line and the record without its signature. It says who spoke,
 * and nothing about whether to obey: a clone applies the purges of the keys that its user has pinned.
 */
import { decodeCanonical, encodeCanonical, isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { isHlc } from './clock.ts';
import { sha256Hex } from './digest.ts';
import { CmfError } from './errors.ts';
import { type EntryId, isEntryId, isWriterId } from './ids.ts';
import type { Purge } from './join.ts';
import {
  isPublicKey,
  isSignature,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  signText,
  verifyText,
} from './signature.ts';

/** Longest control record, in bytes: the purge of the longest entry fits. */
export const CONTROL_BYTES_MAX = 1024 * 1024;
/** Longest label of a key, in UTF-16 code units. */
export const LABEL_LENGTH_MAX = 200;
/** Longest reason of a purge, in UTF-16 code units. */
export const REASON_LENGTH_MAX = 2000;
/** Purges in one record. */
const PURGES_MAX = 1000;
const FIELD_HASH = /^[0-9a-f]{32}$/;

/** An admin's key, named by itself. */
export type KeyRecord = {
  readonly kind: 'key';
  readonly key: PublicKey;
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  /** The canonical text as stored. */
  readonly text: string;
};

/** Entries that an admin took out, and why. */
export type PurgeRecord = {
  readonly kind: 'purge';
  /** Who signed. */
  readonly key: PublicKey;
  /** Milliseconds since the epoch, by the admin's clock. */
  readonly atMs: number;
  readonly reason: string;
  /** Sorted by id, each id once, at least one. */
  readonly purges: readonly Purge[];
  /** The canonical text as stored. */
  readonly text: string;
};

/** A record whose shape and signature have been checked; only the functions of this file make one. */
export type ControlRecord = KeyRecord | PurgeRecord;

const FIRST_LINES: Readonly<Record<ControlRecord['kind'], string>> = {
  key: 'git-cmf admin key 1',
  purge: 'git-cmf purge 1',
};

/** Where a record lies in a control tree. */
export function controlPath({ kind, text }: ControlRecord): string {
  return `${kind}/${sha256Hex(text)}.json`;
}

/** Reads a path of a control tree; undefined for one that format 1 does not have. */
export function parseControlPath(path: string): { readonly kind: ControlRecord['kind'] } | undefined {
  const kind = /^(key|purge)\/[0-9a-f]{64}\.json$/.exec(path)?.[1];
  return kind === 'key' || kind === 'purge' ? { kind } : undefined;
}

/** Signs the record of an admin key. @param label who that is, for people */
export function createKeyRecord(secret: SecretKey, label: string, createdMs: number): KeyRecord {
  const key = publicKeyOf(secret);
  const text = signed('key', { created: createdMs, format: 1, key, label }, secret);
  return { kind: 'key', key, label, createdMs, text };
}

/**
 * Signs purges: one record, or several where one would be too long. Which purge lands in which record depends on the
 * purges alone.
 */
export function createPurgeRecords(
  secret: SecretKey,
  purges: readonly Purge[],
  { atMs, reason }: Pick<PurgeRecord, 'atMs' | 'reason'>,
): PurgeRecord[] {
  const key = publicKeyOf(secret);
  return groupsOf(purges).map((group) => {
    const text = signed('purge', { at: atMs, format: 1, key, purges: group.map(encodePurge), reason }, secret);
    return { kind: 'purge', key, atMs, reason, purges: group, text };
  });
}

/** Room that a record needs besides its purges, in bytes: six bytes at most for a code unit of the reason. */
const FRAME_BYTES = 1024 + 6 * REASON_LENGTH_MAX;

function groupsOf(purges: readonly Purge[]): Purge[][] {
  const sorted = [...new Map(purges.map((purge) => [purge.id, purge])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const groups: Purge[][] = [];
  let sizeBytes = 0;
  for (const purge of sorted) {
    const more = encodeCanonical(encodePurge(purge)).length + 1;
    const last = groups[groups.length - 1];
    if (last !== undefined && last.length < PURGES_MAX && FRAME_BYTES + sizeBytes + more <= CONTROL_BYTES_MAX) {
      last.push(purge);
      sizeBytes += more;
    } else {
      groups.push([purge]);
      sizeBytes = more;
    }
  }
  return groups;
}

function encodePurge({ id, writer, hlc, first, over, fields }: Purge): JsonObject {
  return { fields: [...fields], first, hlc, id, over: [...over], writer };
}

function signed(kind: ControlRecord['kind'], unsigned: JsonObject, secret: SecretKey): string {
  return encodeCanonical({ ...unsigned, signature: signText(secret, signedText(kind, unsigned)) });
}

function signedText(kind: ControlRecord['kind'], unsigned: JsonObject): string {
  return `${FIRST_LINES[kind]}\n${encodeCanonical(unsigned)}\n`;
}

/**
 * Reads a record as a stranger sent it.
 * @throws CmfError `damaged`, naming the first rule it breaks; `newer-format` for one of another format
 */
export function verifyControlRecord(kind: ControlRecord['kind'], text: string): ControlRecord {
  if (Buffer.byteLength(text) > CONTROL_BYTES_MAX) throw broken(`is longer than ${CONTROL_BYTES_MAX} bytes`);
  const json = decodeCanonical(text);
  if (!isJsonObject(json)) throw broken('is not an object');
  const { signature, ...unsigned } = json;
  if (unsigned['format'] !== 1) {
    throw new CmfError('newer-format', { message: 'a control record is not of format 1', hint: 'update git cmf' });
  }
  const record = kind === 'key' ? keyRecord(unsigned, text) : purgeRecord(unsigned, text);
  if (!isSignature(signature) || !verifyText(record.key, signedText(kind, unsigned), signature)) {
    throw broken('is not signed by its key');
  }
  return record;
}

function keyRecord(json: JsonObject, text: string): KeyRecord {
  requireMembers(json, ['created', 'format', 'key', 'label']);
  const { created, key, label } = json;
  if (!isPublicKey(key) || !isTime(created)) throw broken('lacks a key or a time');
  if (!isText(label, LABEL_LENGTH_MAX)) throw broken(`lacks a label of 1 to ${LABEL_LENGTH_MAX} characters`);
  return { kind: 'key', key, label, createdMs: created, text };
}

function purgeRecord(json: JsonObject, text: string): PurgeRecord {
  requireMembers(json, ['at', 'format', 'key', 'purges', 'reason']);
  const { at, key, purges, reason } = json;
  if (!isPublicKey(key) || !isTime(at)) throw broken('lacks a key or a time');
  if (!isText(reason, REASON_LENGTH_MAX)) throw broken(`lacks a reason of 1 to ${REASON_LENGTH_MAX} characters`);
  if (!Array.isArray(purges) || purges.length === 0 || purges.length > PURGES_MAX) {
    throw broken(`lacks its 1 to ${PURGES_MAX} purges`);
  }
  const decoded = purges.map((one: Json) => decodePurge(one));
  if (!isSortedSet(decoded.map(({ id }) => id))) throw broken('has purges that are not sorted by id');
  return { kind: 'purge', key, atMs: at, reason, purges: decoded, text };
}

function decodePurge(json: Json): Purge {
  if (!isJsonObject(json)) throw broken('has a purge that is no object');
  requireMembers(json, ['fields', 'first', 'hlc', 'id', 'over', 'writer']);
  const { fields, first, hlc, id, over, writer } = json;
  if (!isEntryId(id) || !isWriterId(writer) || !isWriterId(first) || !isHlc(hlc)) {
    throw broken('has a purge without an entry, its writers or its time');
  }
  if (!isSortedSetOf(over, isEntryId)) throw broken("has a purge whose 'over' is not a sorted set of ids");
  if (!isSortedSetOf(fields, isFieldHash)) throw broken("has a purge whose 'fields' is not a sorted set of hashes");
  return { id, writer, hlc, first, over: over as readonly EntryId[], fields: fields as readonly string[] };
}

function requireMembers(json: JsonObject, names: readonly string[]): void {
  const keys = Object.keys(json).sort();
  if (keys.join() !== names.join()) throw broken(`has other members than ${names.join(', ')}`);
}

function isFieldHash(json: Json): boolean {
  return typeof json === 'string' && FIELD_HASH.test(json);
}

function isSortedSetOf(json: Json | undefined, isMember: (one: Json) => boolean): json is readonly string[] {
  return Array.isArray(json) && json.every(isMember) && isSortedSet(json as readonly string[]);
}

function isSortedSet(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || text > (texts[i - 1] ?? ''));
}

function isTime(json: Json | undefined): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function isText(json: Json | undefined, lengthMax: number): json is string {
  return typeof json === 'string' && json.trim() !== '' && json.length <= lengthMax;
}

function broken(rule: string): CmfError {
  return new CmfError('damaged', { message: `a control record ${rule}` });
}
