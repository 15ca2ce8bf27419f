import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTempDirectory, runSealed } from '../sealed-git.ts';
import type { Step } from './parse-transcript.ts';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What a transcript's commands printed. */
export type Played = {
  /** The folder they ran in; empty at the beginning. */
  readonly folder: string;
  /** Per step: lines of output, the last one `[exit status N]` where it is not 0. */
  readonly outputs: readonly (readonly string[])[];
};

/** Runs the commands in one shell, so that variables and `cd` last, with the built program on PATH. */
export async function playTranscript(steps: readonly Step[]): Promise<Played> {
  const records = makeTempDirectory('outputs');
  const folder = join(makeTempDirectory('transcript'), 'tour');
  mkdirSync(folder);
  const script = steps.map((step, i) => stepScript(step.command, join(records, String(i)))).join('');
  writeFileSync(join(records, 'script'), script);
  const env = { PATH: `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`, COLUMNS: '80' };
  await runSealed('sh', [join(records, 'script')], { cwd: folder, env, expectExit: 'any' });
  return { folder, outputs: steps.map((_, i) => outputOf(join(records, String(i)))) };
}

/** A group, not a subshell. Output goes to a file that is opened for appending, so stdout and stderr stay in order. */
function stepScript(command: string, record: string): string {
  return `{\n${command}\n} </dev/null >>'${record}.out' 2>&1\necho "$?" >'${record}.status'\n`;
}

function outputOf(record: string): string[] {
  // git pads the lines of a remote to overwrite what stood there.
  const lines = read(`${record}.out`)
    .split('\n')
    .map((line) => line.trimEnd());
  if (lines.at(-1) === '') lines.pop();
  const status = read(`${record}.status`).trim();
  return status === '0' ? lines : [...lines, `[exit status ${status === '' ? 'unknown: the shell ended' : status}]`];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
