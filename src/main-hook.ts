/** What git starts: one hook, without the parser of the command line. */
import { fileURLToPath } from 'node:url';
import type { Context } from './app/clone.ts';
import { stay, stayMinutes } from './app/stay.ts';
import * as compose from './compose.ts';
import { describeError } from './faces/cli/report-error.ts';
import { type HookResult, runHook } from './faces/hooks/dispatch.ts';

const terminal = compose.openStreams(process);
process.exitCode = await main(process.argv[3] ?? '');

async function main(name: string): Promise<number> {
  try {
    const lines: string[] = [];
    for await (const line of terminal.inputLines()) lines.push(`${Buffer.from(line).toString('utf8')}\n`);
    const { exitCode, stderr } = await run(name, lines.join(''), process, remain);
    terminal.complain(stderr);
    return exitCode;
  } catch (error) {
    const { text, exitCode } = describeError(error, 'hook');
    terminal.complain(text);
    return exitCode;
  }
}

/** @param then what a hook that has merged does next, in the same repository */
async function run(
  name: string,
  input: string,
  host: compose.Host,
  then?: (context: Context) => Promise<void>,
): Promise<HookResult> {
  const context = await compose.openContext(process.cwd(), host, terminal.reporter);
  try {
    const result = await runHook(name, input, { context, server: compose.openServer(context, host) });
    if (result.hasMerged === true) await then?.(context);
    return result;
  } finally {
    await context.repository.close();
  }
}

/** Checks pushes for a while, where the repository's settings say so. */
async function remain(context: Context): Promise<void> {
  const { stdin, stdout, stderr, env } = process;
  const minutes = await stayMinutes(context);
  const desk = minutes === 0 ? undefined : compose.openDesk(context);
  // Settings that came with one push are not those of the others.
  if (desk === undefined || `${env['GIT_CONFIG_PARAMETERS'] ?? ''}${env['GIT_CONFIG_COUNT'] ?? ''}` !== '') return;
  // Each push has objects of its own, so each opens the repository anew.
  await context.repository.close();
  const began = programTime(context);
  // Whoever looks for a merge that is about to begin must not take this for one.
  process.title = 'git-cmf: checks pushes (cmf.stayMinutes)';
  await stay(context, desk, minutes, {
    answer: (question) =>
      run('pre-receive', question.input, { stdin, stdout, stderr, env: { ...env, ...question.env } }),
    isCurrent: () => programTime(context) === began,
  });
}

/** Changes with each new version of the program. */
function programTime({ disk }: Context): string {
  const stat = disk.stat(fileURLToPath(import.meta.url));
  return `${stat?.inode} ${stat?.modifiedMs}`;
}
