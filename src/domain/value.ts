/**
 * User values: what a parameter, a metric or a property may hold, kept exactly as it was given.
 *
 * Stored form: plain JSON, except that
 * - a number whose canonical form differs from its source text is `{"$num": text}`: `1.0`, `-0`, `9223372036854775808`,
 *   `NaN`, `Infinity`, `-Infinity`;
 * - bytes that are not UTF-8 are `{"$bytes": base64}`;
 * - an object key that begins with `$` has one more `$` in front, so a user's own `$num` cannot be taken for ours.
 */
import { DEPTH_MAX, encodeCanonical, isJsonObject, type Json } from './canonical-json.ts';
import { CmfError } from './errors.ts';

/** A value in stored form. */
export type StoredValue = Json;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** A JSON string token, quotes included. */
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NON_FINITE: ReadonlyMap<string, string> = new Map([
  ['nan', 'NaN'],
  ['inf', 'Infinity'],
  ['+inf', 'Infinity'],
  ['-inf', '-Infinity'],
  ['infinity', 'Infinity'],
  ['+infinity', 'Infinity'],
  ['-infinity', '-Infinity'],
]);

/** The stored form of a number written as `text`. */
function storedNumber(text: string): StoredValue {
  const number = Number(text);
  return JSON.stringify(number) === text && !Object.is(number, -0) ? number : { $num: text };
}

/**
 * The value of `k=v` on the command line: JSON if it parses, a bare nan or inf (any case), else the text itself.
 * @throws CmfError `usage` for text that is not valid Unicode
 */
export function valueFromArgument(text: string): StoredValue {
  const special = NON_FINITE.get(text.toLowerCase());
  if (special !== undefined) return { $num: special };
  const plain = valueFromText(text);
  const parsed = parseJsonExactly(text);
  return parsed === undefined ? plain : parsed;
}

/**
 * A word of a command line as a value that is text whatever it looks like.
 * @throws CmfError `usage` when a byte of it was not UTF-8 (it arrives as U+FFFD) or it holds half a surrogate pair
 */
export function valueFromText(text: string): StoredValue {
  if (!text.includes('\ufffd') && text.isWellFormed()) return text;
  throw new CmfError('usage', {
    message: `'${text}' is not valid UTF-8`,
    hint: 'git cmf record --stdin takes such bytes as {"$bytes": "<base64>"}',
  });
}

/** Text of a program, which may well speak of U+FFFD. */
function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw unstorable('a text with half a surrogate pair');
}

/**
 * The stored form of JSON text with every number's spelling kept; undefined when the text is not JSON.
 * @param options.acceptStored take `{"$num": …}` and `{"$bytes": …}` for what they are in stored form, as a program must
 *   write them that has a NaN or bytes to record
 */
export function parseJsonExactly(
  text: string,
  options: { readonly acceptStored?: boolean } = {},
): StoredValue | undefined {
  const parser = { text, at: 0, acceptStored: options.acceptStored === true };
  try {
    const value = parseValue(parser, 0);
    match(parser, SPACE);
    return parser.at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

type Parser = { readonly text: string; readonly acceptStored: boolean; at: number };
class NotJson extends Error {}

function match(parser: Parser, pattern: RegExp): string | undefined {
  pattern.lastIndex = parser.at;
  const found = pattern.exec(parser.text)?.[0];
  if (found !== undefined) parser.at += found.length;
  return found;
}

function parseValue(parser: Parser, depth: number): StoredValue {
  if (depth >= DEPTH_MAX) throw new NotJson();
  match(parser, SPACE);
  const first = parser.text[parser.at];
  if (first === '{') return parseObject(parser, depth);
  if (first === '[') return parseArray(parser, depth);
  if (first === '"') return parseString(parser);
  for (const [word, value] of [
    ['true', true],
    ['false', false],
    ['null', null],
  ] as const) {
    if (parser.text.startsWith(word, parser.at)) {
      parser.at += word.length;
      return value;
    }
  }
  const number = match(parser, NUMBER);
  if (number === undefined) throw new NotJson();
  return storedNumber(number);
}

function parseString(parser: Parser): string {
  const token = match(parser, STRING);
  if (token === undefined) throw new NotJson();
  return wellFormed(JSON.parse(token) as string);
}

function parseArray(parser: Parser, depth: number): StoredValue {
  const items: StoredValue[] = [];
  parseMembers(parser, ']', () => items.push(parseValue(parser, depth + 1)));
  return items;
}

function parseObject(parser: Parser, depth: number): StoredValue {
  const members = new Map<string, StoredValue>();
  parseMembers(parser, '}', () => {
    const key = parseString(parser);
    match(parser, SPACE);
    if (parser.text[parser.at++] !== ':') throw new NotJson();
    members.set(key.startsWith('$') ? `$${key}` : key, parseValue(parser, depth + 1));
  });
  if (parser.acceptStored && members.size === 1) {
    for (const [key, value] of members) {
      const stored = { [key.slice(1)]: value };
      if ((key === '$$num' || key === '$$bytes') && isStoredValue(stored)) return stored;
    }
  }
  return fromEntries(members);
}

/** Reads members up to the closing bracket; the opening one is at the parser's place. */
function parseMembers(parser: Parser, close: string, member: () => void): void {
  parser.at++;
  match(parser, SPACE);
  if (parser.text[parser.at] === close) {
    parser.at++;
    return;
  }
  for (;;) {
    match(parser, SPACE);
    member();
    match(parser, SPACE);
    const next = parser.text[parser.at++];
    if (next === close) return;
    if (next !== ',') throw new NotJson();
  }
}

/** `Object.fromEntries` defines own properties, so a key named `__proto__` is only a key. */
function fromEntries(members: ReadonlyMap<string, StoredValue>): StoredValue {
  return Object.fromEntries(members);
}

/**
 * The stored form of a JavaScript value, for programs that use git cmf as a library.
 * @throws CmfError `usage` for a value that JSON cannot hold (function, symbol, date…)
 */
export function valueFromJavaScript(value: unknown, depth = 0): StoredValue {
  if (depth >= DEPTH_MAX) throw unstorable(`a value nested deeper than ${DEPTH_MAX} levels`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'bigint') return storedNumber(value.toString());
  if (typeof value === 'number') return storedJavaScriptNumber(value);
  if (value instanceof Uint8Array) return storedBytes(value);
  if (Array.isArray(value)) return value.map((item) => valueFromJavaScript(item, depth + 1));
  if (Object.prototype.toString.call(value) !== '[object Object]') throw unstorable(String(value));
  const members = new Map<string, StoredValue>();
  for (const [key, member] of Object.entries(value as object)) {
    if (member === undefined) continue;
    members.set(wellFormed(key.startsWith('$') ? `$${key}` : key), valueFromJavaScript(member, depth + 1));
  }
  return fromEntries(members);
}

/** A number of JavaScript has no other spelling than its canonical one; only what JSON lacks is told apart. */
function storedJavaScriptNumber(value: number): StoredValue {
  if (Object.is(value, -0)) return { $num: '-0' };
  return Number.isFinite(value) ? value : { $num: String(value) };
}

function unstorable(what: string): CmfError {
  return new CmfError('usage', { message: `cannot store ${what}: a value is JSON, a bigint or bytes` });
}

/** Bytes as text where they are UTF-8, else `{"$bytes": base64}`. */
export function storedBytes(bytes: Uint8Array): StoredValue {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { $bytes: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
  }
}

/**
 * What a person sees: text as it is, everything else as JSON with numbers as they were written. A terminal's control
 * characters are the renderer's business.
 */
export function displayValue(value: StoredValue): string {
  return typeof value === 'string' ? value : sourceText(value);
}

/** JSON text of a stored value, with the spelling of its numbers and keys given back. */
function sourceText(value: StoredValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(sourceText).join(',')}]`;
  if (!isJsonObject(value)) return encodeCanonical(value ?? null);
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value['$num'] === 'string') return value['$num'];
  if (keys.length === 1 && typeof value['$bytes'] === 'string') return `{"$bytes":${JSON.stringify(value['$bytes'])}}`;
  const members = keys.map(
    (key) => `${JSON.stringify(key.startsWith('$$') ? key.slice(1) : key)}:${sourceText(value[key])}`,
  );
  return `{${members.join(',')}}`;
}

/** The number a stored value stands for, for comparing and sorting; undefined when it is not a number. */
export function numericValue(value: StoredValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (isJsonObject(value) && typeof value['$num'] === 'string') return Number(value['$num']);
  return undefined;
}

/** True if a decoded value is a stored form: `$` keys are ours and well formed, or escaped. */
export function isStoredValue(value: unknown): value is StoredValue {
  if (value === undefined) return false;
  if (Array.isArray(value)) return value.every(isStoredValue);
  if (!isJsonObject(value)) return true;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === '$num') return isStoredNumber(value['$num']);
  if (keys.length === 1 && keys[0] === '$bytes') return isStoredBytes(value['$bytes']);
  return keys.every((key) => !/^\$(?!\$)/.test(key) && isStoredValue(value[key]));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

function isStoredBytes(text: unknown): boolean {
  return typeof text === 'string' && text.length > 0 && BASE64.test(text);
}

function isStoredNumber(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return true;
  NUMBER.lastIndex = 0;
  return NUMBER.exec(text)?.[0] === text && isJsonObject(storedNumber(text));
}
