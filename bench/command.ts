import { spawnSync } from 'node:child_process';
import type { Side } from './bench-case.ts';

/** How a timed command is started. */
export type CommandOptions = {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly prepare?: () => void;
};

/** A side that starts one process and waits for its end; an exit status other than 0 fails the case. */
export function command(name: string, words: readonly [string, ...string[]], options: CommandOptions): Side {
  const [program, ...rest] = words;
  const run = (): void => {
    const { status, stderr, error } = spawnSync(program, rest, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}: ${stderr.trim()}`);
  };
  return options.prepare === undefined ? { name, run } : { name, run, prepare: options.prepare };
}
