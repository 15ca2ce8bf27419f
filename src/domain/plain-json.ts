/**
 * Canonical JSON that can be told by one look: a scan that makes nothing. It says yes to nearly all that git cmf stores. A no
 * means nothing: text with rarer spellings (escapes in keys, `\u` escapes, characters outside the basic plane, deep nesting)
 * is for the slow way, which reads it, writes it again and compares (canonical-json.ts).
 */

/** Nothing that is stored is nested deeper, but for values of users. */
const PLAIN_DEPTH_MAX = 16;
/** Integers of so many digits are exact, and have one spelling. */
const PLAIN_DIGITS_MAX = 15;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const EXPONENT = 0x65;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Stands for a place: something was met that is not plain. */
const STRANGE = -1;

/** True only for text that is one value in canonical form, from its first character to its last. */
export function isPlainJson(text: string): boolean {
  return endOfValue(text, 0, 0) === text.length;
}

/** The place behind the value that begins at `at`. Behind the end of the text there is no character, so all scans end. */
function endOfValue(text: string, at: number, depth: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return endOfString(text, at);
  if (first === OPEN_OBJECT) return depth === PLAIN_DEPTH_MAX ? STRANGE : endOfObject(text, at, depth + 1);
  if (first === OPEN_LIST) return depth === PLAIN_DEPTH_MAX ? STRANGE : endOfList(text, at, depth + 1);
  return endOfNumber(text, at) ?? endOfWord(text, at);
}

function endOfList(text: string, start: number, depth: number): number {
  let at = start + 1;
  if (text.charCodeAt(at) === CLOSE_LIST) return at + 1;
  for (;;) {
    at = endOfValue(text, at, depth);
    if (at === STRANGE) return STRANGE;
    const next = text.charCodeAt(at++);
    if (next === CLOSE_LIST) return at;
    if (next !== COMMA) return STRANGE;
  }
}

function endOfObject(text: string, start: number, depth: number): number {
  let at = start + 1;
  if (text.charCodeAt(at) === CLOSE_OBJECT) return at + 1;
  for (let last = STRANGE; ; ) {
    if (last !== STRANGE && !isLaterKey(text, last, at)) return STRANGE;
    last = at;
    at = endOfKey(text, at);
    if (at === STRANGE) return STRANGE;
    at = endOfValue(text, at, depth);
    if (at === STRANGE) return STRANGE;
    const next = text.charCodeAt(at++);
    if (next === CLOSE_OBJECT) return at;
    if (next !== COMMA) return STRANGE;
  }
}

/** The place behind the colon of the key that begins at `at`. Escapes would hide what its characters are. */
function endOfKey(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) return STRANGE;
  let at = start + 1;
  while (isPlainCharacter(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === QUOTE && text.charCodeAt(at + 1) === COLON ? at + 2 : STRANGE;
}

/** Compares two keys by UTF-16 code units, given where they begin. The first is known to be a plain key. */
function isLaterKey(text: string, earlier: number, later: number): boolean {
  for (let i = 1; ; i++) {
    const before = text.charCodeAt(earlier + i);
    const after = text.charCodeAt(later + i);
    if (before === after && before !== QUOTE) continue;
    // A quote ends a key, and nothing is earlier than an end.
    if (after === QUOTE) return false;
    return before === QUOTE || before < after;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (isPlainCharacter(code)) continue;
    if (code === QUOTE) return at + 1;
    if (code !== BACKSLASH || !SHORT_ESCAPES.has(text.charCodeAt(++at))) return STRANGE;
  }
}

/** `\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`: the one spelling of these characters. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('"\\bfnrt', (letter) => letter.charCodeAt(0)));

/** A character that stands for itself: no control, quote or backslash, and no half of a surrogate pair. */
function isPlainCharacter(code: number): boolean {
  return code >= 0x20 && code !== QUOTE && code !== BACKSLASH && (code < 0xd800 || code > 0xdfff);
}

/** Undefined where no number begins. */
function endOfNumber(text: string, start: number): number | undefined {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  const length = at - start;
  if (!isNumberCharacter(text.charCodeAt(at))) {
    if (length === 0) return undefined;
    const isExact = length <= PLAIN_DIGITS_MAX && (length === 1 || text.charCodeAt(start) !== ZERO);
    if (isExact) return at;
  }
  while (isNumberCharacter(text.charCodeAt(at))) at++;
  const spelled = text.slice(start, at);
  // What ECMAScript writes is the canonical form, so text that it writes again is a number of JSON, too.
  return `${Number(spelled)}` === spelled ? at : STRANGE;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** A digit, or one of `-`, `+`, `.`, `e`. */
function isNumberCharacter(code: number): boolean {
  return isDigit(code) || code === MINUS || code === POINT || code === EXPONENT || code === PLUS;
}

function endOfWord(text: string, at: number): number {
  if (text.startsWith('true', at) || text.startsWith('null', at)) return at + 4;
  return text.startsWith('false', at) ? at + 5 : STRANGE;
}
