/** What git starts: one hook, without the parser of the command line. */
import { fileURLToPath } from 'node:url';
import type { Context } from './app/clone.ts';
import { stay, stayMinutes } from './app/stay.ts';
import * as compose from './compose.ts';
import { describeError } from './faces/cli/report-error.ts';
import { runHook } from './faces/hooks/dispatch.ts';
import type { Answer } from './ports/desk.ts';

const terminal = compose.openStreams(process);
const name = process.argv[3] ?? '';
const lines: string[] = [];
for await (const line of terminal.inputLines()) lines.push(`${Buffer.from(line).toString('utf8')}\n`);
const { exitCode, stderr } = await run(name, lines.join(''), process, name === 'merge-worker' ? remain : undefined);
terminal.complain(stderr);
process.exitCode = exitCode;

/** @param then what to do in the same repository when the hook has succeeded */
async function run(
  hook: string,
  input: string,
  host: compose.Host,
  then?: (context: Context) => Promise<void>,
): Promise<Answer> {
  let context: Context | undefined;
  try {
    context = await compose.openContext(process.cwd(), host, terminal.reporter);
    const answer = await runHook(hook, input, { context, server: compose.openServer(context, host) });
    await then?.(context);
    return answer;
  } catch (error) {
    const { text, exitCode } = describeError(error, 'hook');
    return { exitCode, stderr: text };
  } finally {
    await context?.repository.close();
  }
}

/** Checks pushes for a while, where the repository's settings say so. */
async function remain(context: Context): Promise<void> {
  const minutes = await stayMinutes(context);
  const desk = minutes === 0 ? undefined : compose.openDesk(context);
  if (desk === undefined) return;
  // Each push has objects of its own, so each opens the repository anew.
  await context.repository.close();
  const { stdin, stdout, stderr, env } = process;
  const began = programTime(context);
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
