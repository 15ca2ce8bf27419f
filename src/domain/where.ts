/**
 * The language of `--where`:
 *
 *     filter     = and { "or" and }
 *     and        = not { "and" not }
 *     not        = "not" not | "(" filter ")" | field operator value
 *     operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"            (~: contains)
 *     field      = ("metric" | "param" | "prop") "." name | one of FIELDS
 *     value      = bare word | quoted text
 *
 * A bare value of a metric, parameter or property is JSON if it parses, or nan or inf, else text; a quoted one is text.
 * Names and values with spaces, quotes or operators in them are quoted with ' or ", in which a backslash takes the next
 * character as it is: `param."a b"`.
 */

import { type StoredValue, valueFromArgument } from './value.ts';
import { type Operator, type Token, whereError, whereTokens } from './where-tokens.ts';

/** What every execution has, and how its value is read: as text, as a time, or as true or false. */
export const FIELDS = {
  id: 'text',
  pipeline: 'text',
  stage: 'text',
  namespace: 'text',
  status: 'text',
  tag: 'text',
  title: 'text',
  label: 'text',
  name: 'text',
  type: 'text',
  commit: 'text',
  branch: 'text',
  dirty: 'boolean',
  started: 'time',
  ended: 'time',
  /** Path or digest of something it read. */
  input: 'text',
  /** Path or digest of something it wrote. */
  output: 'text',
} as const;

/** What a filter asks about. */
export type FilterField =
  | { readonly kind: 'metric' | 'param' | 'prop'; readonly name: string }
  | { readonly kind: keyof typeof FIELDS };

/** A filter as a tree. */
export type Filter =
  | { readonly kind: 'or' | 'and'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | {
      readonly kind: 'compare';
      readonly field: FilterField;
      readonly operator: Operator;
      /** A time is in milliseconds since the epoch. */
      readonly value: StoredValue;
    };

/** How deep parentheses and `not` may lie in each other. */
const DEPTH_MAX = 100;
const STATUSES: readonly string[] = ['created', 'running', 'succeeded', 'failed', 'aborted'];

type Parser = { readonly text: string; readonly tokens: readonly Token[]; next: number; depth: number };

/**
 * Reads a filter.
 * @throws CmfError `usage`, with the position
 */
export function parseWhere(text: string): Filter {
  const parser: Parser = { text, tokens: whereTokens(text), next: 0, depth: 0 };
  const filter = parseOr(parser);
  const { at, kind } = peek(parser);
  if (kind !== 'end') throw whereError(text, at, "here must be 'and', 'or' or the end");
  return filter;
}

function peek({ tokens, next }: Parser): Token {
  return tokens[next] as Token;
}

function isKeyword(parser: Parser, keyword: string): boolean {
  const token = peek(parser);
  return token.kind === 'word' && !token.isQuoted && token.text.toLowerCase() === keyword;
}

function parseOr(parser: Parser): Filter {
  return parseChain(parser, 'or', parseAnd);
}

function parseAnd(parser: Parser): Filter {
  return parseChain(parser, 'and', parseNot);
}

function parseChain(parser: Parser, keyword: 'or' | 'and', part: (parser: Parser) => Filter): Filter {
  const first = part(parser);
  const filters = [first];
  while (isKeyword(parser, keyword)) {
    parser.next++;
    filters.push(part(parser));
  }
  return filters.length === 1 ? first : { kind: keyword, filters };
}

function parseNot(parser: Parser): Filter {
  const token = peek(parser);
  const isNot = isKeyword(parser, 'not');
  if (!isNot && token.kind !== '(') return parseComparison(parser);
  if (++parser.depth > DEPTH_MAX) throw whereError(parser.text, token.at, `deeper than ${DEPTH_MAX} levels`);
  parser.next++;
  const filter: Filter = isNot ? { kind: 'not', filter: parseNot(parser) } : parseOr(parser);
  if (!isNot) {
    const close = peek(parser);
    if (close.kind !== ')') throw whereError(parser.text, close.at, "here must be 'and', 'or' or ')'");
    parser.next++;
  }
  parser.depth--;
  return filter;
}

function parseComparison(parser: Parser): Filter {
  const { text } = parser;
  const field = peek(parser);
  if (field.kind !== 'word' || isReserved(field)) {
    throw whereError(text, field.at, 'here must be a field, such as metric.auc or status');
  }
  const operator = parser.tokens[++parser.next] as Token;
  if (operator.kind !== 'operator') throw whereError(text, operator.at, 'here must be one of = != < <= > >= ~');
  const value = parser.tokens[++parser.next] as Token;
  if (value.kind !== 'word' || isReserved(value)) {
    throw whereError(text, value.at, 'here must be a value; quote it if it is a word of the language');
  }
  parser.next++;
  const asked = readField(parser, field);
  return {
    kind: 'compare',
    field: asked,
    operator: operator.operator,
    value: readValue(parser, asked, operator.operator, value),
  };
}

type Word = Token & { readonly kind: 'word' };

function isReserved({ text, isQuoted }: Word): boolean {
  return !isQuoted && ['and', 'or', 'not'].includes(text.toLowerCase());
}

function readField({ text }: Parser, word: Word): FilterField {
  const name = word.text.normalize('NFC');
  const [, kind, rest] = /^(metric|param|prop)\.(.+)$/s.exec(name) ?? [];
  if (rest !== undefined) return { kind: kind as 'metric' | 'param' | 'prop', name: rest };
  if (Object.hasOwn(FIELDS, name)) return { kind: name as keyof typeof FIELDS };
  throw whereError(
    text,
    word.at,
    `there is no field '${name}'; it is metric.NAME, param.NAME, prop.NAME or one of ${Object.keys(FIELDS).join(', ')}`,
  );
}

function readValue(parser: Parser, field: FilterField, operator: Operator, word: Word): StoredValue {
  if (operator === '~') return word.text;
  if (field.kind === 'metric' || field.kind === 'param' || field.kind === 'prop') {
    return word.isQuoted ? word.text : valueFromArgument(word.text);
  }
  switch (FIELDS[field.kind]) {
    case 'boolean':
      if (word.text === 'true' || word.text === 'false') return word.text === 'true';
      throw whereError(parser.text, word.at, `${field.kind} is true or false`);
    case 'time':
      return readTime(parser, word);
    case 'text':
      if (field.kind !== 'status' || STATUSES.includes(word.text)) return recordedForm(field.kind, word.text);
      throw whereError(parser.text, word.at, `a status is one of ${STATUSES.join(', ')}`);
  }
}

/** Names are recorded in NFC; paths, titles and the like as they were given. */
function recordedForm(kind: keyof typeof FIELDS, text: string): string {
  return kind === 'pipeline' || kind === 'stage' || kind === 'namespace' ? text.normalize('NFC') : text;
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** A time without a zone is UTC: a filter means the same on every machine. */
function readTime({ text }: Parser, word: Word): number {
  const [, date, time = '00:00', zone = 'Z'] = TIME.exec(word.text) ?? [];
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone}`);
  if (!Number.isNaN(ms)) return ms;
  throw whereError(text, word.at, 'here must be a time, such as 2026-01-31 or 2026-01-31T08:00Z');
}
