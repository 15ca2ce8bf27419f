import { createInterface } from 'node:readline';
import { gitFailed } from './git-failure.ts';
import { type GitContext, startGit } from './run-git.ts';

/**
 * The lines that a git command prints, as they come; git ends as soon as the caller stops. Rejects with `damaged` after the
 * last line when git failed.
 * @param what the work, for the message: `list new objects`
 */
export async function* gitLines(
  context: GitContext,
  args: readonly string[],
  input: string,
  what: string,
): AsyncGenerator<string> {
  const child = startGit(context, args);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4096);
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  child.stdin.end(input);
  let isWhole = false;
  try {
    yield* createInterface({ input: child.stdout });
    isWhole = true;
  } finally {
    if (!isWhole) child.kill('SIGTERM');
  }
  const exitCode = await ended;
  if (exitCode !== 0) throw gitFailed(what, { exitCode, stdout: Buffer.alloc(0), stderr }, 'damaged');
}
