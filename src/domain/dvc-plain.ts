/**
 * A reader for the plain part of YAML in which DVC writes nearly all of `dvc.lock`: block maps and lists of words on one line.
 * Ten times as fast as a YAML parser, and never of another opinion: what it is not sure of, it leaves to that.
 */
import { typedWord } from './dvc-typed.ts';
import type { YamlMap, YamlValue } from './dvc-yaml.ts';
import type { StoredValue } from './value.ts';

/** A value as text, as parseDvcYaml has it, and with its types, as typedValue has it. */
type Both = { readonly value: YamlValue; readonly typed: StoredValue };
export type PlainMap = { readonly value: YamlMap; readonly typed: { readonly [key: string]: StoredValue } };
type Lines = { readonly lines: readonly string[]; at: number };
class NotPlain extends Error {}

/** Reads a block map; undefined where any of it is beyond this reader. */
export function readPlain(text: string): PlainMap | undefined {
  if (!text.endsWith('\n') || /[^\n\x20-\x7e]/.test(text)) return undefined;
  const reader = { lines: text.slice(0, -1).split('\n'), at: 0 };
  try {
    const map = readMap(reader, indentOf(reader));
    return reader.at === reader.lines.length ? map : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Of the next line; -1 behind the last one. */
function indentOf({ lines, at }: Lines): number {
  const line = lines[at];
  return line === undefined ? -1 : line.search(/[^ ]|$/);
}

const KEY = /^([A-Za-z_][\w./@-]*):(?: (.+))?$/;

function readMap(reader: Lines, indent: number, first?: string): PlainMap {
  const members = new Map<string, Both>();
  let line = first ?? reader.lines[reader.at]?.slice(indent) ?? '';
  for (;;) {
    const [, key, word] = KEY.exec(line) ?? [];
    if (key === undefined || members.has(key)) throw new NotPlain();
    reader.at++;
    members.set(key, word === undefined ? readBlock(reader, indent) : readWord(word));
    const next = indentOf(reader);
    if (next > indent) throw new NotPlain();
    if (next < indent) break;
    line = reader.lines[reader.at]?.slice(indent) ?? '';
    // A list at the column of its key has ended with the key's map, one level up.
    if (line.startsWith('- ')) break;
  }
  return {
    value: Object.fromEntries(Array.from(members, ([key, { value }]) => [key, value])),
    typed: Object.fromEntries(Array.from(members, ([key, { typed }]) => [key, typed])),
  };
}

/** What stands below a key: a map further in, or a list, which may stand at the column of the key. */
function readBlock(reader: Lines, indent: number): Both {
  const inner = indentOf(reader);
  const isList = reader.lines[reader.at]?.startsWith('- ', inner) === true;
  if (isList && inner >= indent) return readList(reader, inner);
  if (inner > indent) return readMap(reader, inner);
  throw new NotPlain();
}

function readList(reader: Lines, indent: number): Both {
  const items: Both[] = [];
  while (indentOf(reader) === indent && reader.lines[reader.at]?.startsWith('- ', indent) === true) {
    const item = reader.lines[reader.at]?.slice(indent + 2) ?? '';
    if (KEY.test(item)) items.push(readMap(reader, indent + 2, item));
    else {
      reader.at++;
      items.push(readWord(item));
    }
    if (indentOf(reader) > indent) throw new NotPlain();
  }
  return { value: items.map(({ value }) => value), typed: items.map(({ typed }) => typed) };
}

function readWord(word: string): Both {
  const quoted = /^'([^']*)'$/.exec(word)?.[1];
  if (quoted !== undefined) return { value: quoted, typed: quoted };
  if (!/^[A-Za-z0-9_./]/.test(word) || /: | #|[: ]$|^\.\.\./.test(word)) throw new NotPlain();
  return { value: word, typed: typedWord(word, 'a lock') };
}
