import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Machine } from '../../ports/machine.ts';
import { gitProcessesIn } from './git-processes.ts';

/** The machine this runs on. @param known what others know better: the git that all else uses, where the program lies */
export function nodeMachine(
  environment: Readonly<Record<string, string | undefined>>,
  known: Pick<Machine, 'gitVersion' | 'manualFile'>,
): Machine {
  return {
    ...known,
    nodeVersion: process.versions.node,
    findProgram: (name) =>
      (environment['PATH'] ?? '')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => join(folder, name))
        .find(isExecutable),
    findManual: (page) => {
      const { status, stdout } = spawnSync('man', ['-w', page], { encoding: 'utf8', env: { ...environment } });
      return status === 0 ? stdout.trim().split('\n')[0] : undefined;
    },
    isWritable: (directory) => allows(directory, constants.W_OK | constants.X_OK),
    isReadable: (path) => allows(path, constants.R_OK),
    isExecutable,
    gitProcessesIn,
  };
}

function isExecutable(path: string): boolean {
  return allows(path, constants.X_OK) && statSync(path).isFile();
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
