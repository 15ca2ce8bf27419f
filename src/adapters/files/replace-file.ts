import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CmfError } from '../../domain/errors.ts';
import { fileFailure } from './file-failure.ts';
import { readText } from './read-text.ts';

const TRIES = 5;

/** What became of a file. */
export type Merged = { readonly text: string; readonly changed: boolean };

/**
 * Replaces a file by what `merge` makes of it. DVC does not know our lock, so the text is read again right before.
 * @param newMode the mode of a file that was not there; by default what the process makes files with
 */
export function writeMerged(path: string, merge: (existing: string | undefined) => string, newMode?: number): Merged {
  for (let left = TRIES; left > 0; left--) {
    const existing = readText(path);
    const text = merge(existing);
    if (text === existing) return { text, changed: false };
    if (replaceFile(path, existing, text, newMode)) return { text, changed: true };
  }
  throw new CmfError('conflict', {
    message: `${path} was not written: another program keeps changing it`,
    hint: 'run the command again when that program is done',
  });
}

/** No pointer's name, so that DVC does not take it for one. */
function temporaryName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.tmp`;
}

/** The name of the file that was to be replaced, by that of what a process which was killed may leave beside it. */
export function replacedName(temporary: string): string | undefined {
  return /^\.(.+)\.[0-9a-f]{12}\.tmp$/s.exec(temporary)?.[1];
}

/** Replaces a file by rename, if it still holds what was read from it. */
function replaceFile(path: string, expected: string | undefined, text: string, newMode: number | undefined): boolean {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    writeNew(temporary, text, expected === undefined ? newMode : statSync(path).mode & 0o777);
    if (readText(path) !== expected) return false;
    renameSync(temporary, path);
    return true;
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeNew(path: string, text: string, mode: number | undefined): void {
  const fd = openSync(path, 'wx', mode ?? 0o666);
  try {
    if (mode !== undefined) fchmodSync(fd, mode);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
