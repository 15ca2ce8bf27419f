/**
 * The text of `.dvc/config` as ConfigObj 5 reads it, with the place of each part, so that a part can be changed and all else
 * stays byte for byte.
 */
import { type ConfigValue, readConfigValue, SPACES, unquote } from './dvc-config-value.ts';
import { CmfError } from './errors.ts';

/** Half-open, in UTF-16 units of the text. */
export type Span = readonly [start: number, end: number];

/** `key = value`. */
export type ConfigEntry = {
  /** Without quotes; as it is spelled. */
  readonly key: string;
  /** Before interpolation. */
  readonly value: ConfigValue;
  /** The value with its quotes. */
  readonly valueSpan: Span;
  /** Whole lines, with the last line break. */
  readonly lines: Span;
  readonly indent: string;
};

/** `[name]`, or a section within a section. */
export type ConfigSection = {
  /** Without brackets and quotes; as it is spelled. */
  readonly name: string;
  /** 1 for a section of the file itself. */
  readonly depth: number;
  readonly header: Span;
  readonly indent: string;
  readonly entries: readonly ConfigEntry[];
  /** From the header to the last line that is no comment, sections within it included. */
  readonly lines: Span;
  readonly parent: ConfigSection | undefined;
};

type Line = { readonly start: number; readonly end: number; readonly text: string };
/** Nobody writes more by hand. */
const TEXT_LENGTH_MAX = 256 * 1024;

const SECTION = new RegExp(
  `^([${SPACES}]*)((?:\\[[${SPACES}]*)+)("[${SPACES}]*[^${SPACES}].*?[${SPACES}]*"|'[${SPACES}]*[^${SPACES}].*?[${SPACES}]*'|[^'"${SPACES}].*?)((?:[${SPACES}]*\\])+)[${SPACES}]*(?:#.*)?$`,
  's',
);
const KEY = new RegExp(`^([${SPACES}]*)(".*?"|'.*?'|[^'"=].*?)[${SPACES}]*=[${SPACES}]*`, 's');
/** How much is read of a line that cannot be a heading or a key any more. */
const NAME_LENGTH_MAX = 256;

/**
 * Reads a configuration: its sections in the order of the file, with those within others.
 * @param path for messages
 * @throws CmfError `damaged` with the line where DVC would refuse it too
 */
export function parseConfigText(text: string, path: string): readonly ConfigSection[] {
  if (text.length > TEXT_LENGTH_MAX) {
    throw new CmfError('damaged', { message: `${path} is too large to be a configuration` });
  }
  const lines = splitLines(text);
  const root = openSection({ name: '', depth: 0, indent: '' }, [0, 0], undefined);
  const sections: Building[] = [];
  let current = root;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as Line;
    if (isBlank(line.text)) continue;
    const refuse: Refusal = refusal(path, index + 1);
    const heading = readHeading(line.text, refuse);
    if (heading !== undefined) {
      const parent = parentOf(current, heading.depth) ?? refuse('a section within no section');
      claim(parent, heading.name, refuse);
      current = openSection(heading, [line.start, line.end], parent);
      sections.push(current);
    } else {
      const { entry, lastIndex } = readEntry(lines, index) ?? refuse('is neither a section nor key = value');
      if (current === root) refuse('a key before any [section]');
      claim(current, entry.key, refuse);
      current.entries.push(entry);
      index = lastIndex;
    }
    extend(current, lines[index] as Line);
  }
  return sections;
}

type Refusal = (what: string) => never;

function refusal(path: string, line: number): Refusal {
  return (what) => {
    throw new CmfError('damaged', {
      message: `${path}, line ${line}: ${what}`,
      hint: 'DVC cannot read it either; mend the line, or take the file from git: git log -p -- .dvc/config',
    });
  };
}

type Building = { -readonly [Member in keyof ConfigSection]: ConfigSection[Member] } & {
  readonly entries: ConfigEntry[];
  readonly owner: Building | undefined;
  /** Keys and sections within it share their names. */
  readonly names: Set<string>;
};

function openSection(
  { name, depth, indent }: Pick<ConfigSection, 'name' | 'depth' | 'indent'>,
  header: Span,
  owner: Building | undefined,
): Building {
  const parent = owner?.owner === undefined ? undefined : owner;
  return { name, depth, indent, header, lines: header, entries: [], parent, owner, names: new Set() };
}

function claim({ names }: Building, name: string, refuse: Refusal): void {
  if (names.has(name)) refuse(`'${name}' is there twice`);
  names.add(name);
}

/** The section that one of this depth belongs to, if it follows that other one. */
function parentOf(section: Building, depth: number): Building | undefined {
  if (depth > section.depth + 1) return undefined;
  let at: Building | undefined = section;
  while (at !== undefined && at.depth >= depth) at = at.owner;
  return at;
}

/** A section reaches to its last line, and so do those around it. */
function extend(section: Building, { end }: Line): void {
  for (let one: Building | undefined = section; one !== undefined; one = one.owner) one.lines = [one.lines[0], end];
}

/** Python breaks lines at more characters than a file does, but only these three end one for what follows. */
function splitLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const match of text.matchAll(
    /[^\n\v\f\r\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]|$)/g,
  )) {
    if (match[0] === '') continue;
    lines.push({ start: match.index, end: match.index + match[0].length, text: match[0].replace(/[\r\n]+$/, '') });
  }
  return lines;
}

function isBlank(text: string): boolean {
  return new RegExp(`^[${SPACES}]*(?:#|$)`).test(text);
}

function readHeading(text: string, refuse: Refusal): Pick<ConfigSection, 'name' | 'depth' | 'indent'> | undefined {
  const match = text.length > NAME_LENGTH_MAX ? null : SECTION.exec(text);
  if (match === null) return undefined;
  const [, indent = '', open = '', name = '', close = ''] = match;
  const depth = open.split('[').length - 1;
  if (depth !== close.split(']').length - 1) refuse('has not as many [ as ]');
  return { name: unquote(name), depth, indent };
}

function readEntry(lines: readonly Line[], index: number): { entry: ConfigEntry; lastIndex: number } | undefined {
  const line = lines[index] as Line;
  const equals = line.text.indexOf('=');
  const match = equals < 0 || equals > NAME_LENGTH_MAX ? null : KEY.exec(line.text);
  if (match === null) return undefined;
  const [before, indent = '', key = ''] = match;
  const rest = line.text.slice(before.length);
  const read = /^(?:"""|''')/.test(rest) ? readLong(lines, index, before.length) : readShort(rest, index);
  if (read === undefined) return undefined;
  const last = lines[read.lastIndex] as Line;
  const start = line.start + before.length;
  const end = read.lastIndex === index ? start + read.end : last.start + read.end;
  return {
    entry: {
      key: unquote(key),
      value: read.value,
      valueSpan: [start, end],
      lines: [line.start, last.end],
      indent,
    },
    lastIndex: read.lastIndex,
  };
}

/** `end` counts from the value's beginning, or from that of the last line where it has several. */
type Read = { readonly value: ConfigValue; readonly end: number; readonly lastIndex: number };

function readShort(text: string, index: number): Read | undefined {
  const read = readConfigValue(text);
  return read === undefined ? undefined : { ...read, lastIndex: index };
}

/** A value in three quotes, which may have several lines. */
function readLong(lines: readonly Line[], index: number, from: number): Read | undefined {
  const text = (lines[index] as Line).text.slice(from);
  const quote = text.slice(0, 3);
  const onFirst = closeOf(text.slice(3), quote);
  if (onFirst !== undefined) return { value: text.slice(3, 3 + onFirst), end: onFirst + 6, lastIndex: index };
  if (text.includes(quote, 3)) return undefined;
  const parts = [text.slice(3)];
  for (let at = index + 1; at < lines.length; at++) {
    const line = (lines[at] as Line).text;
    if (!line.includes(quote)) {
      parts.push(line);
      continue;
    }
    const close = closeOf(line, quote);
    if (close === undefined) return undefined;
    return { value: [...parts, line.slice(0, close)].join('\n'), end: close + 3, lastIndex: at };
  }
  return undefined;
}

/** Where the quotes stand that only space and a comment follow. */
function closeOf(text: string, quote: string): number | undefined {
  const rest = new RegExp(`^[${SPACES}]*(?:#.*)?$`, 's');
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (rest.test(text.slice(at + 3))) return at;
  }
  return undefined;
}
