import yargs, { type Argv } from 'yargs';
import { CmfError } from '../../domain/errors.ts';
import type { Arguments, CommandModule } from './command.ts';
import { usageMessage } from './usage-message.ts';
import { wrapText } from './wrap-text.ts';

export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly args: Arguments };

/**
 * Parses the arguments of one command; unknown options are refused and nothing is guessed: numbers stay text.
 * @throws CmfError `usage`
 */
export async function parseArguments(name: string, command: CommandModule, argv: readonly string[]): Promise<Parsed> {
  const parser = command
    .build(yargs().scriptName('git cmf').usage(''))
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'boolean-negation': false,
      'populate--': true,
      'strip-aliased': true,
    })
    .strictOptions()
    .version(false)
    .help(false)
    .exitProcess(false)
    .option('help', { alias: 'h', type: 'boolean', describe: 'show this' })
    .locale('en')
    .fail((message, error) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw usageError(name, usageMessage(message ?? error?.message ?? ''));
    });
  if (asksForHelp(argv)) return { kind: 'help', text: helpText(command, await parser.getHelp()) };
  const options = optionsOf(parser);
  const args = (await parser.parse(withPlainFlags(name, argv, options.boolean))) as Record<string, unknown>;
  const { _: words, '--': rest, ...given } = args;
  checkRepetition(name, given, options.array);
  const operands = sortOperands(name, command, { words: textsIn(words), rest: textsIn(rest) });
  return { kind: 'run', args: { ...given, ...operands } };
}

function textsIn(words: unknown): readonly string[] {
  return Array.isArray(words) ? words.map(String) : [];
}

/** What follows `--` is the user's own command line where the command takes one, else words like the others. */
function sortOperands(
  name: string,
  { takesCommand = false, takesOperands = false }: CommandModule,
  { words, rest }: { readonly words: readonly string[]; readonly rest: readonly string[] },
): Arguments {
  const operands = takesCommand ? words : [...words, ...rest];
  const [first] = operands;
  if (first !== undefined && !takesOperands) {
    throw usageError(name, `does not take '${first}'${takesCommand ? ' before --' : ''}`);
  }
  return takesCommand ? { _: operands, '--': rest } : { _: operands };
}

/** The words before `--`. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end);
}

/** Looked for before anything is checked: who asks for help need not get the rest right. */
function asksForHelp(argv: readonly string[]): boolean {
  return ownWords(argv).some((word) => word === '-h' || word === '--help');
}

/** yargs would take `true` or `false` after a flag for its value, and any other value for no. */
function withPlainFlags(name: string, argv: readonly string[], flags: readonly string[]): string[] {
  const own = ownWords(argv).map((word) => {
    const [, dashes = '', flag = '', value] = /^(--?)([^-=][^=]*)(=.*)?$/s.exec(word) ?? [];
    if (!flags.includes(flag) || dashes.length !== Math.min(flag.length, 2)) return word;
    if (value === undefined) return `${word}=true`;
    throw usageError(name, `${dashes}${flag} takes no value`);
  });
  return [...own, ...argv.slice(own.length)];
}

type OptionKinds = { readonly array: readonly string[]; readonly boolean: readonly string[] };

/** Names and aliases of the options that may be given several times, and of those without a value. */
function optionsOf(parser: Argv): OptionKinds {
  return (parser as Argv & { getOptions(): OptionKinds }).getOptions();
}

/** An option that was given twice would silently be none. */
function checkRepetition(name: string, args: Arguments, mayRepeat: readonly string[]): void {
  for (const [option, value] of Object.entries(args)) {
    if (!Array.isArray(value) || mayRepeat.includes(option)) continue;
    throw usageError(name, `${option.length === 1 ? '-' : '--'}${option} is given more than once`);
  }
}

/** Widest line of help, for terminals and mails alike. */
const COLUMNS = 80;

/** The synopsis, the description, and what yargs says of the options; what kind of value one takes is in its text. */
function helpText({ usage, description }: CommandModule, options: string): string {
  const start = 'usage: git cmf ';
  return [
    wrapText(`${start}${usage}`, COLUMNS, ' '.repeat(start.length)),
    wrapText(description, COLUMNS),
    `${options.replace(/ +\[(?:string|boolean|array)\]/g, '').trim()}\n`,
  ].join('\n\n');
}

function usageError(name: string, message: string): CmfError {
  return new CmfError('usage', { message: `git cmf ${name}: ${message}`, hint: `git cmf ${name} -h` });
}
