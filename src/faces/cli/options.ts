/** Options that several commands share, and how their values are read. */
import type { Argv } from 'yargs';
import type { ExecutionChoice } from '../../app/choose-execution.ts';
import { parseByteSize } from '../../domain/byte-size.ts';
import { CmfError } from '../../domain/errors.ts';
import { type StoredValue, valueFromArgument, valueFromText } from '../../domain/value.ts';
import type { Arguments } from './command.ts';
import type { Session } from './session.ts';

export function withExecution(parser: Argv): Argv {
  return parser.option('execution', {
    alias: 'e',
    type: 'string',
    requiresArg: true,
    describe: 'the execution: an id, or the beginning of one (else CMF_EXECUTION, else the only one running here)',
  });
}

export function withJson(parser: Argv): Argv {
  return parser.option('json', { type: 'boolean', describe: 'print one JSON document (see docs/json.md)' });
}

/** Which execution the options and the environment name. */
export function executionChoice(args: Arguments, session: Session): ExecutionChoice {
  return { execution: textOf(args, 'execution'), fromEnvironment: session.environment['CMF_EXECUTION'] };
}

export function textOf(args: Arguments, name: string): string | undefined {
  const value = args[name];
  return typeof value === 'string' ? value : undefined;
}

/** An option that may be given several times. */
export function textsOf(args: Arguments, name: string): string[] {
  const value = args[name];
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

export function isSet(args: Arguments, name: string): boolean {
  return args[name] === true;
}

/**
 * A whole number.
 * @throws CmfError `usage`
 */
export function integerOf(args: Arguments, name: string): number | undefined {
  const text = textOf(args, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^-?[0-9]+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new CmfError('usage', {
    message: `${name.length === 1 ? '-' : '--'}${name} takes a whole number, not '${text}'`,
  });
}

/**
 * `name=value` pairs. The value is JSON if it parses, or a bare nan/inf, else text.
 * @throws CmfError `usage` for a pair without `=` or a name given twice
 */
export function pairsOf(
  what: string,
  pairs: readonly string[],
  texts: readonly string[] = [],
): Map<string, StoredValue> {
  const values = new Map<string, StoredValue>();
  const add = (pair: string, read: (text: string) => StoredValue) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) {
      throw new CmfError('usage', { message: `'${pair}' is not a ${what}: it must be NAME=VALUE` });
    }
    const name = pair.slice(0, equals);
    if (values.has(name)) throw new CmfError('usage', { message: `the ${what} '${name}' is given twice` });
    values.set(name, read(pair.slice(equals + 1)));
  };
  for (const pair of pairs) add(pair, valueFromArgument);
  for (const pair of texts) add(pair, valueFromText);
  return values;
}

export function withPipeline(parser: Argv): Argv {
  return parser.option('pipeline', {
    alias: 'p',
    type: 'string',
    requiresArg: true,
    describe: 'only this pipeline (name or id)',
  });
}

export function withCount(parser: Argv): Argv {
  return parser.option('n', { type: 'string', requiresArg: true, describe: 'at most so many' });
}

export function withStorage(parser: Argv): Argv {
  return parser.option('storage', {
    type: 'string',
    requiresArg: true,
    describe: 'the storage to use, else the one that a pointer names, else the default one',
  });
}

export function withLimit(parser: Argv): Argv {
  return parser.option('limit', {
    type: 'string',
    requiresArg: true,
    describe: 'move at most so many bytes, such as 50M; the same command again goes on',
  });
}

/**
 * A size in bytes.
 * @throws CmfError `usage`
 */
export function sizeOf(args: Arguments, name: string): number | undefined {
  const text = textOf(args, name);
  if (text === undefined) return undefined;
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new CmfError('usage', { message: `--${name} takes a size such as 4096, 200k, 50M or 2G, not '${text}'` });
}

export function withZero(parser: Argv): Argv {
  return parser.option('zero', { alias: 'z', type: 'boolean', describe: 'end each item with NUL, for xargs -0' });
}

/**
 * A whole number of 0 or more, as `record --stdin` takes it too; undefined where it is not said.
 * @throws CmfError `usage`
 */
export function countOf(args: Arguments, name: string): number | undefined {
  const count = integerOf(args, name);
  if (count === undefined || count >= 0) return count;
  throw new CmfError('usage', { message: `${name.length === 1 ? '-' : '--'}${name} takes 0, 1, 2…, not '${count}'` });
}

/**
 * The one word that a command takes besides its options.
 * @throws CmfError `usage`
 */
export function theOperand(args: Arguments, command: string): string {
  const [word, more] = textsOf(args, '_');
  if (word !== undefined && word !== '' && more === undefined) return word;
  const message = more === undefined ? `${command} takes one thing` : `${command} takes one thing, not also '${more}'`;
  throw new CmfError('usage', { message, hint: `git cmf ${command} -h` });
}
