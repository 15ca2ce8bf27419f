/** A source text with its comments, or comments and literals, replaced by spaces; line breaks and offsets stay. */
export type BlankedText = {
  /** Comments are blank; strings are readable: for import lines and forbidden strings. */
  readonly withStrings: string;
  /** Comments, the content of strings and regular expressions are blank: for calls and names. */
  readonly codeOnly: string;
};

type Kind = 'code' | 'comment' | 'literal';
type Piece = { readonly kind: Kind; readonly end: number };

/** After one of these, a slash begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|await|yield))$/;

/**
 * Blanks comments and literals with one pass over the text.
 *
 * A scanner, not a parser: it knows strings, nested templates, comments and regular expressions, which is all that the
 * rules need to not trip over their own examples.
 */
export function blank(text: string): BlankedText {
  const withStrings: string[] = [];
  const codeOnly: string[] = [];
  const openBraces: number[] = [];
  for (let at = 0; at < text.length; ) {
    const { kind, end } = nextPiece(text, at, openBraces, codeOnly);
    const piece = text.slice(at, end);
    withStrings.push(kind === 'comment' ? toSpaces(piece) : piece);
    codeOnly.push(kind === 'code' ? piece : toSpaces(piece));
    at = end;
  }
  return { withStrings: withStrings.join(''), codeOnly: codeOnly.join('') };
}

/** `openBraces` counts the braces inside each `${` that is open, so its closing brace is known. */
function nextPiece(text: string, at: number, openBraces: number[], before: readonly string[]): Piece {
  const char = text[at];
  const two = text.slice(at, at + 2);
  if (two === '//') return { kind: 'comment', end: indexOrEnd(text, '\n', at) };
  if (two === '/*') return { kind: 'comment', end: Math.min(text.length, indexOrEnd(text, '*/', at + 2) + 2) };
  if (char === "'" || char === '"') return { kind: 'literal', end: endOfString(text, at) };
  if (char === '`') return template(text, at + 1, openBraces);
  if (char === '/' && isRegexAllowed(before)) return { kind: 'literal', end: endOfRegex(text, at) };
  if (openBraces.length > 0 && (char === '{' || char === '}')) return brace(text, at, openBraces);
  return { kind: 'code', end: at + 1 };
}

function brace(text: string, at: number, openBraces: number[]): Piece {
  const depth = openBraces.pop() ?? 0;
  if (text[at] === '}' && depth === 0) return template(text, at + 1, openBraces);
  openBraces.push(text[at] === '{' ? depth + 1 : depth - 1);
  return { kind: 'code', end: at + 1 };
}

function template(text: string, from: number, openBraces: number[]): Piece {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '`') return { kind: 'literal', end: at + 1 };
    else if (text[at] === '$' && text[at + 1] === '{') {
      openBraces.push(0);
      return { kind: 'literal', end: at + 2 };
    }
  }
  return { kind: 'literal', end: text.length };
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[from] || text[at] === '\n') return at + 1;
  }
  return text.length;
}

function endOfRegex(text: string, from: number): number {
  let isInClass = false;
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '[') isInClass = true;
    else if (text[at] === ']') isInClass = false;
    else if (text[at] === '/' && !isInClass) return at + 1;
  }
  return from + 1;
}

function isRegexAllowed(before: readonly string[]): boolean {
  return BEFORE_REGEX.test(before.slice(-40).join('').trimEnd().slice(-12));
}

function indexOrEnd(text: string, needle: string, from: number): number {
  const index = text.indexOf(needle, from);
  return index < 0 ? text.length : index;
}

function toSpaces(piece: string): string {
  return piece.replace(/[^\n]/g, ' ');
}
