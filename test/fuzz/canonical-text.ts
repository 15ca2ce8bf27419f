/**
 * Canonical JSON (RFC 8785) by recursive descent, from the words of docs/formats.md and nothing else: it recognises the one
 * spelling of a value and refuses every other. Slow and simple on purpose: what the program decides is compared with it.
 */

/** A value; objects as lists of members, in the order in which they stand. */
export type Value =
  | null
  | boolean
  | { readonly number: number }
  | string
  | readonly Value[]
  | { readonly members: ReadonlyMap<string, Value> };

const DEPTH_MAX = 64;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class NotCanonical extends Error {}

/** The value that the text spells; undefined when it is not canonical. */
export function readCanonical(text: string): Value | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.isAtEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof NotCanonical) return undefined;
    throw error;
  }
}

/** The members of an object; undefined for anything else. */
export function membersOf(value: Value | undefined): ReadonlyMap<string, Value> | undefined {
  return typeof value === 'object' && value !== null && 'members' in value ? value.members : undefined;
}

/** The number; undefined for anything else. */
export function numberOf(value: Value | undefined): number | undefined {
  return typeof value === 'object' && value !== null && 'number' in value ? value.number : undefined;
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  value(depth: number): Value {
    const next = this.text[this.at];
    if (next === '"') return this.string();
    if (next === '[' || next === '{') {
      if (depth === DEPTH_MAX) throw new NotCanonical();
      return next === '[' ? this.list(depth + 1) : this.object(depth + 1);
    }
    for (const [word, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private number(): Value {
    const text = NUMBER.exec(this.text.slice(this.at, this.at + 400))?.[0];
    if (text === undefined || String(Number(text)) !== text) throw new NotCanonical();
    this.at += text.length;
    return { number: Number(text) };
  }

  private list(depth: number): Value {
    const items: Value[] = [];
    this.between('[', ']', () => items.push(this.value(depth)));
    return items;
  }

  private object(depth: number): Value {
    const members = new Map<string, Value>();
    let last: string | undefined;
    this.between('{', '}', () => {
      const key = this.string();
      // JavaScript compares texts by UTF-16 code units, which is the order that RFC 8785 asks for.
      if (last !== undefined && key <= last) throw new NotCanonical();
      last = key;
      this.expect(':');
      members.set(key, this.value(depth));
    });
    return { members };
  }

  private between(open: string, close: string, item: () => void): void {
    this.expect(open);
    if (this.text[this.at] === close) {
      this.at++;
      return;
    }
    item();
    while (this.text[this.at] === ',') {
      this.at++;
      item();
    }
    this.expect(close);
  }

  private expect(character: string): void {
    if (this.text[this.at] !== character) throw new NotCanonical();
    this.at++;
  }

  private string(): string {
    this.expect('"');
    let read = '';
    for (;;) {
      const next = this.text[this.at];
      if (next === undefined || next < ' ') throw new NotCanonical();
      this.at++;
      if (next === '"') break;
      read += next === '\\' ? this.escape() : next;
    }
    if (!read.isWellFormed()) throw new NotCanonical();
    return read;
  }

  /** Only what must be escaped may be, in its shortest form. */
  private escape(): string {
    const letter = this.text[this.at++] ?? '';
    const short = ESCAPES[letter];
    if (short !== undefined) return short;
    const digits = this.text.slice(this.at, this.at + 4);
    const code = Number.parseInt(digits, 16);
    const hasShort = '\b\f\n\r\t'.includes(String.fromCharCode(code));
    if (letter !== 'u' || !/^00[01][0-9a-f]$/.test(digits) || hasShort) throw new NotCanonical();
    this.at += 4;
    return String.fromCharCode(code);
  }
}
