import yargs from 'yargs';
import { CmfError } from '../../domain/errors.ts';
import type { Arguments, CommandModule } from './command.ts';

export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'run'; readonly args: Arguments };

/**
 * Parses the arguments of one command; unknown options are refused and nothing is guessed: numbers stay text.
 * @throws CmfError `usage`
 */
export async function parseArguments(name: string, command: CommandModule, argv: readonly string[]): Promise<Parsed> {
  const parser = command
    .build(yargs().scriptName('git cmf').usage(`usage: git cmf ${command.usage}\n\n${command.description}`))
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
    .fail((message, error) => {
      throw error ?? usageError(name, message);
    });
  const args = (await parser.parse([...argv])) as Record<string, unknown>;
  if (args['help'] === true) return { kind: 'help', text: `${await parser.getHelp()}\n` };
  return { kind: 'run', args };
}

function usageError(name: string, message: string): CmfError {
  return new CmfError('usage', { message: `git cmf ${name}: ${message}`, hint: `git cmf ${name} -h` });
}
