/**
 * Canonical JSON (RFC 8785, JCS): the one encoding of everything that git cmf stores and hashes.
 *
 * Encoding: no white space, object keys sorted by UTF-16 code units, strings and numbers as ECMAScript's
 * `JSON.stringify` writes them. Decoding accepts nothing else: bytes are canonical exactly if encoding what they decode
 * to gives the same bytes again, which also rules out duplicate keys and numbers that lost digits.
 */
import { CmfError } from './errors.ts';
import { isPlainJson } from './plain-json.ts';

/** A JSON value as it is held in memory. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** How many arrays and objects may lie inside each other; parsers recurse, so this is checked before parsing. */
export const DEPTH_MAX = 64;

/**
 * The canonical text of a value. Members that are undefined are left out.
 * @throws CmfError `usage` for a number that JSON has no form for, a lone surrogate, or too deep a nesting
 */
export function encodeCanonical(value: Json): string {
  return encode(value, 0);
}

function encode(value: Json | undefined, depth: number): string {
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'number') return encodeNumber(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (depth >= DEPTH_MAX) throw unencodable(`nested deeper than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return encodeArray(value, depth);
  return encodeObject(value as JsonObject, depth);
}

function encodeArray(items: readonly Json[], depth: number): string {
  let text = '[';
  for (let i = 0; i < items.length; i++) text += (i === 0 ? '' : ',') + encode(items[i], depth + 1);
  return `${text}]`;
}

function encodeObject(object: JsonObject, depth: number): string {
  let text = '{';
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (member === undefined) continue;
    text += (text.length === 1 ? '' : ',') + encodeKey(key) + encode(member, depth + 1);
  }
  return `${text}}`;
}

/** Keys as they stand in an object, with quotes and colon: there are few of them, and each comes with every entry. */
const encodedKeys = new Map<string, string>();
const ENCODED_KEYS_MAX = 256;
const KEY_LENGTH_MAX = 32;

function encodeKey(key: string): string {
  const known = encodedKeys.get(key);
  if (known !== undefined) return known;
  const encoded = `${encodeString(key)}:`;
  if (key.length <= KEY_LENGTH_MAX && encodedKeys.size < ENCODED_KEYS_MAX) encodedKeys.set(key, encoded);
  return encoded;
}

/** By UTF-16 code units. Most objects here are written in that order, and looking is cheaper than sorting. */
function sortedKeys(object: JsonObject): string[] {
  const keys = Object.keys(object);
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort();
  return keys;
}

/** Text that JSON writes as it is: printable ASCII without quote and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function encodeString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw unencodable('a text with half a surrogate pair');
  return JSON.stringify(text);
}

function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw unencodable(`the number ${value}`);
  // ECMAScript's own number to text is what RFC 8785 asks for; it writes -0 as 0.
  return `${value}`;
}

function unencodable(what: string): CmfError {
  return new CmfError('usage', { message: `JSON has no canonical form for ${what}` });
}

/**
 * Decodes canonical text; refuses any other spelling of the same value.
 * @throws CmfError `damaged`
 */
export function decodeCanonical(text: string): Json {
  if (isPlainJson(text)) return JSON.parse(text) as Json;
  const value = parseBounded(text);
  let again: string;
  try {
    again = encodeCanonical(value);
  } catch (cause) {
    throw new CmfError('damaged', { message: 'JSON text is not canonical', cause });
  }
  if (again !== text) throw new CmfError('damaged', { message: 'JSON text is not canonical (RFC 8785)' });
  return value;
}

/**
 * `JSON.parse` for text from a stranger: depth is bounded before the parser recurses. A key named `__proto__` is an own
 * property like any other; code that takes keys from such an object walks `Object.entries` and collects into a Map.
 * @throws CmfError `damaged`
 */
export function parseBounded(text: string): Json {
  if (!hasFewBrackets(text) && maximumDepth(text) > DEPTH_MAX) {
    throw new CmfError('damaged', { message: `JSON is nested deeper than ${DEPTH_MAX} levels` });
  }
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new CmfError('damaged', { message: 'text is not JSON', cause });
  }
}

/** A quick look that nearly all text passes: so few brackets open, in strings or not, that they cannot lie too deep. */
function hasFewBrackets(text: string): boolean {
  let left = DEPTH_MAX;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (left-- === 0) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The deepest nesting of brackets outside strings; a scan without recursion and without allocation. */
function maximumDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

/** The index of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** True for a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
