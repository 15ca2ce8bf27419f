/** Removing files that nobody needs, unless somebody came to use them meanwhile. */
import { lstatSync, readdirSync, rmSync, type Stats, unlinkSync } from 'node:fs';
import type { CmfError } from '../../domain/errors.ts';
import type { Leftovers } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/**
 * Counts those of some files that are old enough.
 * @param remove true: only those that were removed by this
 */
export function sweepFiles(paths: readonly string[], olderThanMs: number, remove: boolean): Leftovers {
  const remover = new FileRemover(olderThanMs);
  let files = 0;
  let bytes = 0;
  for (const path of paths) {
    const stats = statIfFile(path);
    if (stats === undefined || changedMs(stats) >= olderThanMs) continue;
    if (remove && !remover.remove(path)) continue;
    files++;
    bytes += stats.size;
  }
  return { files, bytes, failure: remover.failure };
}

/** Removes files that are old enough. One that cannot be removed stops no other. */
export class FileRemover {
  /** Why the first of those that could not be removed is still there. */
  failure: CmfError | undefined;
  private readonly olderThanMs: number;

  /** @param olderThanMs what changed after this stays */
  constructor(olderThanMs: number) {
    this.olderThanMs = olderThanMs;
  }

  /** @returns false for a file that stays, and for one that was gone already */
  remove(path: string): boolean {
    return this.attempt(path, () => {
      const stats = statIfFile(path);
      if (stats === undefined || changedMs(stats) >= this.olderThanMs) return false;
      unlinkSync(path);
      return true;
    });
  }

  /** Removes a folder with all that is in it. */
  removeFolder(path: string): boolean {
    return this.attempt(path, () => {
      rmSync(path, { recursive: true });
      return true;
    });
  }

  private attempt(path: string, work: () => boolean): boolean {
    try {
      return work();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') this.failure ??= fileFailure(error, path);
      return false;
    }
  }
}

/** When it came or was last renamed, linked or changed. */
export function changedMs({ mtimeMs, ctimeMs }: Stats): number {
  return Math.max(mtimeMs, ctimeMs);
}

/** @returns undefined for what is no file, a link too */
export function statIfFile(path: string): Stats | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats : undefined;
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** Nothing where there is no folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw fileFailure(error, folder);
  }
}
