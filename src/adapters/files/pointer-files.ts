import { appendFileSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../domain/digest.ts';
import { gitignoreLine } from '../../domain/dvc-ignore-line.ts';
import { CmfError } from '../../domain/errors.ts';
import type { Leftovers } from '../../ports/object-cache.ts';
import type { PointerFiles } from '../../ports/pointer-files.ts';
import { ensureDvcFolder } from './dvc-folder.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { findDvcFiles, findFiles } from './find-dvc-files.ts';
import { readText } from './read-text.ts';
import { replacedName, writeMerged } from './replace-file.ts';
import { namesIn, sweepFiles } from './sweep-files.ts';
import { withLock } from './with-lock.ts';

/**
 * Writes pointers and `.gitignore` lines.
 * @param lockDirectory absolute, for lock files; made when missing; the same for all processes of a repository
 */
export function createPointerFiles({ lockDirectory }: { readonly lockDirectory: string }): PointerFiles {
  const lockOf = (path: string): string => join(lockDirectory, `${sha256Hex(path).slice(0, 32)}.lock`);
  return {
    read: async (path) => readText(path),
    find: findDvcFiles,
    leftovers: findUnfinished,
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

function findUnfinished(root: string, tracked: ReadonlySet<string>, olderThanMs: number, remove: boolean): Leftovers {
  const pointers = findFiles(root, '', (name) => replacedName(name)?.endsWith('.dvc') === true);
  const config = namesIn(`${root}/.dvc`).filter((name) => /^config(?:\.local)?$/.test(replacedName(name) ?? ''));
  const found = [...pointers, ...config.map((name) => `.dvc/${name}`)];
  const own = found.filter((path) => !tracked.has(path)).map((path) => `${root}/${path}`);
  return sweepFiles(own, olderThanMs, remove);
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
