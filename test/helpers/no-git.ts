/** Takes git away from what is tested, and keeps it for the test itself. */
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { makeTempDirectory, startGitAs } from './sealed-git.ts';

/** How the git in PATH ends: no git does. */
const EXIT_CODE = 97;

/** `startedGits` lists the command lines with which the failing git was started; `real` is the path of the other. */
export type HiddenGit = { readonly startedGits: () => readonly string[]; readonly real: string };

/** Puts a `git` that only fails first in PATH, and lets the helpers start the real one by its path. */
export function hideGit(): HiddenGit {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const real = folders.map((folder) => join(folder, 'git')).find(isProgram);
  if (real === undefined) throw new Error('there is no git in PATH');
  const folder = makeTempDirectory('no-git');
  const log = join(folder, 'started');
  writeFileSync(join(folder, 'git'), `#!/bin/sh\necho "$*" >>'${log}'\nexit ${EXIT_CODE}\n`, { mode: 0o755 });
  process.env['PATH'] = [folder, ...folders].join(delimiter);
  startGitAs(real);
  return { real, startedGits: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []) };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
