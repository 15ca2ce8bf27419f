/** From the command line to an exit status. */
import { CmfError } from '../../domain/errors.ts';
import { valueFromText } from '../../domain/value.ts';
import type { CommandEntry } from './command.ts';
import { COMMANDS } from './command-table.ts';
import { describeError } from './report-error.ts';
import type { Session } from './session.ts';
import { similarNames } from './similar-names.ts';
import { VERSION } from './version.ts';

export type Output = { readonly print: (text: string) => void; readonly complain: (text: string) => void };

/** Runs one command line. Never throws; what goes wrong is said on stderr and in the status. */
export async function runCommandLine(argv: readonly string[], session: Session, output: Output): Promise<number> {
  try {
    // Bytes that are no UTF-8 have become U+FFFD: what they were cannot be told any more.
    for (const word of argv) valueFromText(word);
    return await dispatch(argv, session, output);
  } catch (error) {
    const { text, exitCode } = describeError(error, argv[0]);
    output.complain(text);
    return exitCode;
  }
}

async function dispatch(argv: readonly string[], session: Session, output: Output): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '-h' || name === '--help' || (name === 'help' && rest.length === 0)) {
    output.print(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === 'version') {
    output.print(`git-cmf version ${VERSION}\n`);
    return 0;
  }
  if (name === 'help') return dispatch([rest[0] ?? '-h', '-h'], session, output);
  const { command } = await find(name).load();
  // The parser costs more than the rest of a start; what needs none of it must not pay for it.
  const { parseArguments } = await import('./parse-arguments.ts');
  const parsed = await parseArguments(name, command, rest);
  if (parsed.kind === 'help') {
    output.print(parsed.text);
    return 0;
  }
  return command.run(parsed.args, session, COMMANDS);
}

function find(name: string): CommandEntry {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const shown = COMMANDS.filter((one) => !one.hidden).map((one) => one.name);
  const similar = similarNames(shown, name);
  throw new CmfError('usage', {
    message: `'${name}' is not a git cmf command${similar.length > 0 ? `; did you mean ${similar.join(' or ')}?` : ''}`,
    hint: 'git cmf -h',
  });
}

function overview(): string {
  const shown = COMMANDS.filter((entry) => !entry.hidden);
  const width = Math.max(...shown.map((entry) => entry.name.length));
  const lines = shown.map((entry) => `   ${entry.name.padEnd(width)}   ${entry.summary}`);
  return `usage: git cmf COMMAND [OPTIONS]

Records ML pipelines in git: what ran, what it read and wrote, what came out.

${lines.join('\n')}

'git cmf COMMAND -h' explains one command; 'man git-cmf' has everything.
`;
}
