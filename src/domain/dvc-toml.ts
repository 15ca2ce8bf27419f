/**
 * The TOML that metrics and parameters are written in: tables, dotted keys, texts on one line, numbers, truth values, dates
 * (kept as text), arrays and inline tables. Multi-line texts and arrays of tables are refused, not guessed.
 */
import { DEPTH_MAX, type Json } from './canonical-json.ts';
import { typedWord } from './dvc-typed.ts';
import { CmfError } from './errors.ts';
import type { StoredValue } from './value.ts';

type Table = Map<string, StoredValue | Table>;
type Reader = { readonly text: string; readonly name: string; at: number };

/**
 * Reads a file. Keys that begin with `$` gain one more, as in any stored value.
 * @throws CmfError `damaged` for what is not read, and for a key that is there twice
 */
export function parseToml(text: string, name: string): StoredValue {
  const root: Table = new Map();
  const headers = new Set<string>();
  let table = root;
  for (const reader = { text, name, at: 0 }; ; ) {
    skip(reader, /(?:[ \t\r\n]|#[^\n]*)*/y);
    if (reader.at === text.length) return toValue(root);
    if (text[reader.at] === '[') {
      reader.at++;
      const keys = readKeys(reader);
      expect(reader, ']');
      if (headers.has(keys.join('\0'))) throw damaged(name, `the table '${keys.join('.')}' is there twice`);
      headers.add(keys.join('\0'));
      table = keys.reduce((parent, key) => child(parent, key, name), root);
    } else readPair(reader, table, 0);
    skip(reader, /[ \t]*(?:#[^\n]*)?/y);
    if (reader.at < text.length && skip(reader, /\r?\n/y) === '') throw damaged(name, `cannot read ${line(reader)}`);
  }
}

function readPair(reader: Reader, table: Table, depth: number): void {
  const keys = readKeys(reader);
  expect(reader, '=');
  skip(reader, /[ \t]*/y);
  const last = keys.pop() ?? '';
  const parent = keys.reduce((one, key) => child(one, key, reader.name), table);
  if (parent.has(last)) throw damaged(reader.name, `the key '${last}' is there twice`);
  parent.set(last, readValue(reader, depth));
}

function child(parent: Table, key: string, name: string): Table {
  const known = parent.get(key);
  if (known instanceof Map) return known;
  if (known !== undefined) throw damaged(name, `the key '${key}' is there twice`);
  const made: Table = new Map();
  parent.set(key, made);
  return made;
}

function readKeys(reader: Reader): string[] {
  const keys: string[] = [];
  do {
    skip(reader, /[ \t]*/y);
    const bare = skip(reader, /[A-Za-z0-9_-]+/y);
    const key = bare === '' ? readText(reader) : bare;
    if (key === undefined) throw damaged(reader.name, `cannot read ${line(reader)}`);
    keys.push(key.startsWith('$') ? `$${key}` : key);
    skip(reader, /[ \t]*/y);
  } while (skip(reader, /\./y) !== '');
  if (keys.length > DEPTH_MAX) throw damaged(reader.name, `it is nested deeper than ${DEPTH_MAX} levels`);
  return keys;
}

function readText(reader: Reader): string | undefined {
  const token = skip(reader, /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
  // Two quotes and a third one begin a text of several lines.
  if (token === '' || (token.length === 2 && reader.text[reader.at] === token[0])) return undefined;
  if (token.startsWith("'")) return token.slice(1, -1);
  const json = token.replace(/\\(?:U([0-9a-fA-F]{8})|e)/g, (_, hex?: string) =>
    hex === undefined
      ? '\\u001b'
      : JSON.stringify(String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff))).slice(1, -1),
  );
  try {
    return JSON.parse(json) as string;
  } catch {
    throw damaged(reader.name, `cannot read the text ${token}`);
  }
}

function readValue(reader: Reader, depth: number): StoredValue | Table {
  if (depth >= DEPTH_MAX) throw damaged(reader.name, `it is nested deeper than ${DEPTH_MAX} levels`);
  const first = reader.text[reader.at];
  if (first === '"' || first === "'") {
    const text = readText(reader);
    if (text === undefined || !text.isWellFormed()) throw damaged(reader.name, `cannot read ${line(reader)}`);
    return text;
  }
  if (first === '[') return readArray(reader, depth);
  if (first === '{') return readInline(reader, depth);
  const word = skip(reader, /[A-Za-z0-9_+.:-]+(?: [0-9]{2}:[0-9][0-9:.+-]*Z?)?/y);
  const special = /^([-+]?)(inf|nan)$/.exec(word);
  const value = typedWord(special === null ? word : `${special[1]}.${special[2]}`, reader.name);
  if (typeof value === 'string' ? /^[0-9]/.test(word) : value !== null) return value;
  throw damaged(reader.name, `cannot read ${line(reader)}`);
}

const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;

function readArray(reader: Reader, depth: number): StoredValue {
  const items: StoredValue[] = [];
  reader.at++;
  for (;;) {
    skip(reader, SPACE);
    if (skip(reader, /\]/y) !== '') return items;
    items.push(toValue(readValue(reader, depth + 1)));
    skip(reader, SPACE);
    if (skip(reader, /,/y) === '' && reader.text[reader.at] !== ']')
      throw damaged(reader.name, `cannot read ${line(reader)}`);
  }
}

function readInline(reader: Reader, depth: number): Table {
  const table: Table = new Map();
  reader.at++;
  for (;;) {
    skip(reader, SPACE);
    if (skip(reader, /\}/y) !== '') return table;
    readPair(reader, table, depth + 1);
    skip(reader, SPACE);
    if (skip(reader, /,/y) === '' && reader.text[reader.at] !== '}')
      throw damaged(reader.name, `cannot read ${line(reader)}`);
  }
}

function toValue(value: StoredValue | Table): StoredValue {
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(Array.from(value, ([key, one]): [string, Json] => [key, toValue(one)]));
}

function skip(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? '';
  reader.at += found.length;
  return found;
}

function expect(reader: Reader, character: string): void {
  skip(reader, /[ \t]*/y);
  if (reader.text[reader.at] !== character) throw damaged(reader.name, `cannot read ${line(reader)}`);
  reader.at++;
}

function line({ text, at }: Reader): string {
  return `line ${text.slice(0, at).split('\n').length}`;
}

function damaged(name: string, why: string): CmfError {
  return new CmfError('damaged', { message: `${name} is not TOML that git cmf reads: ${why}` });
}
