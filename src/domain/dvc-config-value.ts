/**
 * One value of a line `key = value` in DVC's configuration, by the rules of ConfigObj 5, which DVC reads it with: quotes
 * without escapes, `#` ends an unquoted value, a comma makes a list.
 *
 * ConfigObj matches a pattern with nested repetition; a value made for it keeps DVC busy for ever. Here each place of the
 * value is tried once.
 */

/** A text, or the members of a list. */
export type ConfigValue = string | readonly string[];

/** A value and where it ends; behind it there is nothing but space and a comment. */
export type ReadValue = { readonly value: ConfigValue; readonly end: number };

/** What Python's patterns take for space, inside brackets: U+FEFF is none, four control characters are. */
export const SPACES = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACE = new RegExp(`[${SPACES}]`);

/** Longer ones than any URL or key; what it takes to read a value grows with the square of its length. */
const VALUE_LENGTH_MAX = 8192;

/** The value of a line, as it stands behind `=` and space; undefined where ConfigObj finds none. */
export function readConfigValue(text: string): ReadValue | undefined {
  if (text.length > VALUE_LENGTH_MAX) return undefined;
  const parts = matchParts(text);
  if (parts === undefined) return text.startsWith(',') && isRest(text, 1) ? { value: [], end: 1 } : undefined;
  const { listEnd, single } = parts;
  if (listEnd === 0) return single === undefined ? undefined : { value: unquote(textOf(text, single)), end: single[1] };
  const members = listMembers(text.slice(0, listEnd));
  if (members === undefined) return undefined;
  const isMore = single !== undefined && single[0] < single[1];
  const value = isMore ? [...members, unquote(textOf(text, single))] : members;
  return { value, end: isMore ? single[1] : trimmedEnd(text, listEnd) };
}

/** Where a part begins and ends. */
type Span = readonly [start: number, end: number];
type Parts = { readonly listEnd: number; readonly single: Span | undefined };

function textOf(text: string, [start, end]: Span): string {
  return text.slice(start, end);
}

/** The members that a comma follows, and what comes last. Quoted or not, the shortest that lets the rest fit wins. */
function matchParts(text: string): Parts | undefined {
  const hopeless = new Set<number>();
  const matchFrom = (start: number): Parts | undefined => {
    if (hopeless.has(start)) return undefined;
    for (const comma of commasBehindMember(text, start)) {
      for (let next = skipSpace(text, comma + 1); next > comma; next--) {
        const parts = matchFrom(next);
        if (parts !== undefined) return parts;
      }
    }
    const last = matchLast(text, start);
    if (last === undefined) hopeless.add(start);
    return last;
  };
  return matchFrom(0);
}

function commasBehindMember(text: string, start: number): number[] {
  const first = text[start];
  if (first === undefined || first === ',' || first === '#') return [];
  const ends = first === '"' || first === "'" ? quoteEnds(text, start) : [plainEnd(text, start)];
  return ends.map((end) => skipSpace(text, end)).filter((at) => text[at] === ',');
}

/** Each place behind a quote that could close the one at `start`. */
function quoteEnds(text: string, start: number): number[] {
  const ends: number[] = [];
  const quote = text[start] ?? '"';
  for (let at = text.indexOf(quote, start + 1); at >= 0; at = text.indexOf(quote, at + 1)) ends.push(at + 1);
  return ends;
}

function plainEnd(text: string, start: number): number {
  const length = text.slice(start).search(/[,#]/);
  return length < 0 ? text.length : start + length;
}

function matchLast(text: string, start: number): Parts | undefined {
  const first = text[start] ?? '';
  const found = (end: number): Parts => ({ listEnd: start, single: [start, end] });
  if (first === '"' || first === "'") {
    const end = quoteEnds(text, start).find((one) => isRest(text, one));
    return end === undefined ? undefined : found(end);
  }
  if (first !== '' && first !== '#' && first !== ',' && !SPACE.test(first)) {
    for (let end = start + 1; end <= text.length; end++) {
      if (isRest(text, end)) return found(end);
      if (text[end] === ',') return undefined;
    }
    return undefined;
  }
  if (!isRest(text, start)) return undefined;
  return text[start - 1] === ',' ? { listEnd: start, single: undefined } : found(start);
}

/** True if only space and a comment follow. */
function isRest(text: string, start: number): boolean {
  const at = skipSpace(text, start);
  return at === text.length || text[at] === '#';
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (SPACE.test(text[at] ?? '')) at++;
  return at;
}

function trimmedEnd(text: string, end: number): number {
  let at = end;
  while (at > 0 && SPACE.test(text[at - 1] ?? '')) at--;
  return at;
}

/** The members of a text in which a comma follows each; undefined where one of them is empty. */
function listMembers(text: string): string[] | undefined {
  const pattern = new RegExp(`(".*?"|'.*?'|[^'",#]?.*?)[${SPACES}]*,[${SPACES}]*`, 'gs');
  const members = [...text.matchAll(pattern)].map(([, member = '']) => member);
  return members.includes('') ? undefined : members.map(unquote);
}

/** Without the quotes around it, if they are the same. A single quote character is one, too. */
export function unquote(text: string): string {
  const [first = ''] = text;
  return (first === '"' || first === "'") && text.endsWith(first) ? text.slice(1, -1) : text;
}

/** A text as DVC writes it; undefined where ConfigObj has no form for it. */
export function quoteConfigValue(text: string): string | undefined {
  if (text === '') return '""';
  if (text.includes('\n') || (text.includes('"') && text.includes("'"))) return inTripleQuotes(text);
  return needsQuotes(text) ? inQuotes(text) : text;
}

/** The same for a name of a section or key. */
export function quoteConfigName(text: string): string | undefined {
  if (text === '') return '""';
  if (text.includes('\n')) return undefined;
  if (!needsQuotes(text)) return text;
  return text.includes('"') && text.includes("'") ? undefined : inQuotes(text);
}

function needsQuotes(text: string): boolean {
  return /^[ \r\n\v\t'"]|[ \r\n\v\t'"]$|[,#]/.test(text);
}

function inQuotes(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

/** DVC looks for the other quotes in the text before it takes these, and spells some so that it cannot read them again. */
function inTripleQuotes(text: string): string | undefined {
  const quote = ["'''", '"""'].find((one) => !text.includes(one));
  return quote === undefined ? undefined : `${quote}${text}${quote}`;
}
