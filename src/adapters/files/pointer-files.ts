import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256Hex } from '../../domain/digest.ts';
import { gitignoreLine } from '../../domain/dvc-ignore-line.ts';
import { CmfError } from '../../domain/errors.ts';
import type { PointerFiles, WrittenPointer } from '../../ports/pointer-files.ts';
import { ensureDvcFolder } from './dvc-folder.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { findPointers } from './find-pointers.ts';
import { withLock } from './with-lock.ts';

const TRIES = 5;

/**
 * Writes pointers and `.gitignore` lines.
 * @param lockDirectory absolute, for lock files; made when missing; the same for all processes of a repository
 */
export function createPointerFiles({ lockDirectory }: { readonly lockDirectory: string }): PointerFiles {
  const lockOf = (path: string): string => join(lockDirectory, `${sha256Hex(path).slice(0, 32)}.lock`);
  return {
    read: async (path) => readIfThere(path),
    find: findPointers,
    write: async (path, target) => {
      // YAML is a big part of the program, and most commands write no pointer.
      const { writePointer } = await import('../../domain/dvc-pointer-text.ts');
      return withLock(lockOf(path), () => writeMerged(path, (existing) => writePointer(existing, target, path)));
    },
    ignore(folder, name) {
      const path = join(folder, '.gitignore');
      const line = gitignoreLine(name);
      return withLock(lockOf(path), () => appendLine(path, line));
    },
    ensureDvcFolder: async (root) => ensureDvcFolder(root),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  }
}

/** DVC does not know our lock, so the text is read again right before it is replaced. */
function writeMerged(path: string, merge: (existing: string | undefined) => string): WrittenPointer {
  for (let left = TRIES; left > 0; left--) {
    const existing = readIfThere(path);
    const text = merge(existing);
    if (text === existing) return { text, changed: false };
    if (replaceFile(path, existing, text)) return { text, changed: true };
  }
  throw new CmfError('conflict', {
    message: `${path} was not written: another program keeps changing it`,
    hint: 'run the command again when that program is done',
  });
}

/** Replaces a file by rename, if it still holds what was read from it. */
function replaceFile(path: string, expected: string | undefined, text: string): boolean {
  // No pointer's name, so that DVC does not take it for one.
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeNew(temporary, text, expected === undefined ? undefined : statSync(path).mode & 0o777);
    if (readIfThere(path) !== expected) return false;
    renameSync(temporary, path);
    return true;
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeNew(path: string, text: string, mode: number | undefined): void {
  const fd = openSync(path, 'wx', 0o666);
  try {
    if (mode !== undefined) fchmodSync(fd, mode);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function appendLine(path: string, line: string): boolean {
  const fd = openToAppend(path);
  try {
    const text = readFileSync(fd, 'utf8');
    if (text.split(/\r?\n/).includes(line)) return false;
    // One write to a file opened for appending: even without the lock no other line could be lost.
    appendFileSync(fd, `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`);
    return true;
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    closeSync(fd);
  }
}

function openToAppend(path: string): number {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o666);
  } catch (error) {
    if (errorCode(error) !== 'ELOOP') throw fileFailure(error, path);
    throw new CmfError('refused', {
      message: `${path} is a symbolic link, and git reads no .gitignore through a link`,
      hint: 'replace the link by the file that it leads to',
    });
  }
}
