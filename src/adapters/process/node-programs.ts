import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import type { Programs, RunningProgram } from '../../ports/programs.ts';

/** What is kept of what a program says on its standard error. */
const STDERR_LIMIT_BYTES = 64 * 1024;

/** Starts programs in this process's environment. */
export function nodePrograms(env: Readonly<Record<string, string | undefined>>): Programs {
  return { start: (program, args) => start(program, args, env) };
}

function start(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): RunningProgram {
  const child = spawn(program, args, { stdio: 'pipe', env });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk}`.slice(0, STDERR_LIMIT_BYTES);
  });
  // A program that ends before it has read everything raises EPIPE here; its end says why.
  child.stdin?.on('error', () => undefined);
  const ended: RunningProgram['ended'] = new Promise((resolve) => {
    child.on('error', (error) => resolve({ exitCode: 127, stderr: error.message }));
    child.on('close', (code, signal) => {
      resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), stderr });
    });
  });
  return {
    stdin: child.stdin ?? new PassThrough(),
    stdout: child.stdout ?? new PassThrough().end(),
    ended,
    stop: () => {
      child.kill('SIGTERM');
      // What it has started itself may live on; without input it has no reason to.
      child.stdin?.destroy();
    },
  };
}
