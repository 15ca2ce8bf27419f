/**
 * The words of a filter (see where.ts).
 */
import { CmfError } from './errors.ts';

/** How two values are compared; `~` asks whether the left one contains the right one. */
export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~';

export type Token =
  /** Letters between spaces and operators. `text` has the quotes taken off; `isQuoted` says that there were any. */
  | { readonly kind: 'word'; readonly text: string; readonly isQuoted: boolean; readonly at: number }
  | { readonly kind: 'operator'; readonly operator: Operator; readonly at: number }
  | { readonly kind: '(' | ')' | 'end'; readonly at: number };

const SPACE = /\s+/y;
const OPERATOR = /==|!=|<=|>=|[=<>~]/y;
const BARE = /[^\s()=!<>~"']+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/sy;

/**
 * Splits a filter into tokens; the last one is `end`.
 * @throws CmfError `usage`, with the position, for a quote that is never closed or a stray `!`
 */
export function whereTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at += found[0].length;
    return found;
  };
  for (take(SPACE); at < text.length; take(SPACE)) {
    const start = at;
    const character = text[at];
    if (character === '(' || character === ')') {
      at++;
      tokens.push({ kind: character, at: start });
      continue;
    }
    const operator = take(OPERATOR)?.[0];
    if (operator !== undefined) {
      tokens.push({ kind: 'operator', operator: operator === '==' ? '=' : (operator as Operator), at: start });
      continue;
    }
    tokens.push(readWord(text, start, take));
  }
  return [...tokens, { kind: 'end', at }];
}

/** A word is any number of bare and quoted pieces without a space between them: `param."a b".c`. */
function readWord(text: string, at: number, take: (pattern: RegExp) => RegExpExecArray | undefined): Token {
  let word = '';
  let isQuoted = false;
  let isEmpty = true;
  for (;;) {
    const bare = take(BARE);
    const quoted = bare === undefined ? take(QUOTED) : undefined;
    if (bare === undefined && quoted === undefined) break;
    isEmpty = false;
    isQuoted ||= quoted !== undefined;
    word += bare?.[0] ?? (quoted?.[1] ?? quoted?.[2] ?? '').replace(/\\(.)/gs, '$1');
  }
  const rest = text.slice(at);
  if (isEmpty)
    throw whereError(text, at, rest.startsWith('!') ? "'!' stands only before '='" : 'the quote is not closed');
  return { kind: 'word', text: word, isQuoted, at };
}

/** The error for a filter that breaks a rule at a place, counted in characters from 1. */
export function whereError(text: string, at: number, rule: string): CmfError {
  const place = Array.from(text.slice(0, at)).length + 1;
  return new CmfError('usage', {
    message: `the filter '${text}' is not understood at character ${place}: ${rule}`,
    hint: "a filter looks like: metric.auc > 0.9 and (param.lr < 0.01 or not status = failed) and pipeline = 'x'",
  });
}
