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
  const args = (await parser.parse([...argv])) as Record<string, unknown>;
  checkRepetition(name, args, repeatable(parser));
  const [operand] = (args['_'] ?? []) as readonly unknown[];
  if (operand !== undefined && command.takesOperands !== true) {
    throw usageError(name, `does not take '${String(operand)}'`);
  }
  return { kind: 'run', args };
}

/** Looked for before anything is checked: who asks for help need not get the rest right. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => word === '-h' || word === '--help');
}

/** Names of the options that may be given several times. */
function repeatable(parser: Argv): readonly string[] {
  return (parser as Argv & { getOptions(): { readonly array: readonly string[] } }).getOptions().array;
}

/** An option that was given twice would silently be none. */
function checkRepetition(name: string, args: Arguments, mayRepeat: readonly string[]): void {
  for (const [option, value] of Object.entries(args)) {
    if (option === '_' || !Array.isArray(value) || mayRepeat.includes(option)) continue;
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
