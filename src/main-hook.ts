/** What git starts: one hook, without the parser of the command line. */
import type { Context } from './app/clone.ts';
import * as compose from './compose.ts';
import { describeError } from './faces/cli/report-error.ts';
import { runHook } from './faces/hooks/dispatch.ts';

const terminal = compose.openStreams(process);
process.exitCode = await run(process.argv[3] ?? '');

async function run(name: string): Promise<number> {
  let context: Context | undefined;
  try {
    const lines: string[] = [];
    for await (const line of terminal.inputLines()) lines.push(`${Buffer.from(line).toString('utf8')}\n`);
    context = await compose.openContext(process.cwd(), process, terminal.reporter);
    const server = compose.openServer(context, process);
    const { exitCode, stderr } = await runHook(name, lines.join(''), { context, server });
    terminal.complain(stderr);
    return exitCode;
  } catch (error) {
    const { text, exitCode } = describeError(error, 'hook');
    terminal.complain(text);
    return exitCode;
  } finally {
    await context?.repository.close();
  }
}
