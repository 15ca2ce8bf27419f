/**
 * `writer.json`: who a writer is. Immutable, canonical JSON, signed by the writer itself.
 *
 *     {"created":<HLC>,"format":1,"key":<public key>,"predecessors":[{"key","signature","writer"}…],
 *      "signature":<of the record without this member>,"writer":<id>}
 *
 * A predecessor is a writer that this one continues (its ref could not advance, its clock was wrong). Its signature is
 * made with the predecessor's key over the successor's id and key, so nobody can claim to continue another.
 */
import { decodeCanonical, encodeCanonical, isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type Hlc, isHlc } from './clock.ts';
import { CmfError } from './errors.ts';
import { isWriterId, type WriterId } from './ids.ts';
import {
  isPublicKey,
  isSignature,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  type Signature,
  signText,
  verifyText,
  writerIdOf,
} from './signature.ts';

export type Predecessor = { readonly writer: WriterId; readonly key: PublicKey; readonly signature: Signature };

/** A record whose every signature has been checked; only verifyWriterRecord and createWriterRecord make one. */
export type WriterRecord = {
  readonly writer: WriterId;
  readonly key: PublicKey;
  readonly created: Hlc;
  /** All writers that this one continues, nearest first. */
  readonly predecessors: readonly Predecessor[];
  /** The canonical text as stored. */
  readonly text: string;
};

/** Longest accepted writer.json, in bytes. */
export const WRITER_RECORD_BYTES_MAX = 64 * 1024;
/** Most writers that one may continue. */
export const PREDECESSORS_MAX = 100;

/** What the old key signs to name its successor. */
function successionText(predecessor: WriterId, successor: WriterId, key: PublicKey): string {
  return `git-cmf successor 1\n${predecessor}\n${successor}\n${key}\n`;
}

function selfText(unsigned: JsonObject): string {
  return `git-cmf writer 1\n${encodeCanonical(unsigned)}\n`;
}

/** The predecessor entry that lets `successor` continue the writer of `secret`. */
export function endorse(secret: SecretKey, successor: PublicKey): Predecessor {
  const key = publicKeyOf(secret);
  const writer = writerIdOf(key);
  return { writer, key, signature: signText(secret, successionText(writer, writerIdOf(successor), successor)) };
}

/**
 * Makes and signs the record of a new writer.
 * @throws CmfError `damaged` where verifyWriterRecord would refuse it
 */
export function createWriterRecord(
  secret: SecretKey,
  created: Hlc,
  predecessors: readonly Predecessor[] = [],
): WriterRecord {
  const key = publicKeyOf(secret);
  const writer = writerIdOf(key);
  const unsigned = { created, format: 1, key, predecessors: predecessors.map((one) => ({ ...one })), writer };
  const text = encodeCanonical({ ...unsigned, signature: signText(secret, selfText(unsigned)) });
  return verifyWriterRecord(text);
}

/**
 * Reads writer.json as a stranger sent it.
 * @throws CmfError `damaged`, naming the first rule it breaks
 */
export function verifyWriterRecord(text: string): WriterRecord {
  if (Buffer.byteLength(text) > WRITER_RECORD_BYTES_MAX)
    throw broken(`is longer than ${WRITER_RECORD_BYTES_MAX} bytes`);
  const json = decodeCanonical(text);
  if (!isJsonObject(json)) throw broken('is not an object');
  const { signature, ...unsigned } = json;
  const { created, format, key, predecessors, writer } = unsigned;
  if (Object.keys(unsigned).length !== 5) throw broken('has members that format 1 does not know');
  if (format !== 1) throw broken('is not of format 1');
  if (!isPublicKey(key) || !isWriterId(writer) || !isHlc(created)) throw broken('lacks a key, a writer or a time');
  if (writerIdOf(key) !== writer) throw broken('names a writer that its key does not give');
  if (!isSignature(signature) || !verifyText(key, selfText(unsigned), signature))
    throw broken('is not signed by its key');
  return { writer, key, created, predecessors: verifyPredecessors(predecessors, writer, key), text };
}

function verifyPredecessors(json: Json | undefined, successor: WriterId, key: PublicKey): Predecessor[] {
  if (!Array.isArray(json) || json.length > PREDECESSORS_MAX) throw broken('has no proper list of predecessors');
  return json.map((one: Json) => {
    if (!isJsonObject(one) || Object.keys(one).length !== 3) throw broken('has a malformed predecessor');
    const { writer, key: oldKey, signature } = one;
    if (!isPublicKey(oldKey) || !isSignature(signature) || !isWriterId(writer) || writerIdOf(oldKey) !== writer) {
      throw broken('has a malformed predecessor');
    }
    if (!verifyText(oldKey, successionText(writer, successor, key), signature)) {
      throw broken(`claims to continue ${writer}, whose key did not sign that`);
    }
    return { writer, key: oldKey, signature };
  });
}

function broken(rule: string): CmfError {
  return new CmfError('damaged', { message: `writer.json ${rule}` });
}
