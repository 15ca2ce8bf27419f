import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './settings.ts';

/** Where git would find a repository: its own folder, the one shared by all work trees, and the `.git` that led there. */
export type Located = { readonly gitDir: string; readonly commonDir: string; readonly link: string | undefined };

/**
 * Finds the repository of a folder by git's rules (setup.c): GIT_DIR, else the first folder upwards that is a repository
 * or has one in `.git`. Reads no configuration, so it costs some `stat`s.
 */
export function locate(startDirectory: string, env: Environment): Located | undefined {
  const named = env['GIT_DIR'];
  if (named !== undefined) return describe(resolve(startDirectory, named), undefined);
  const ceilings = new Set((env['GIT_CEILING_DIRECTORIES'] ?? '').split(':').filter(isAbsolute));
  let folder = existsSync(startDirectory) ? realpathSync(startDirectory) : undefined;
  while (folder !== undefined) {
    const found = inFolder(folder);
    if (found !== undefined) return found;
    const parent = dirname(folder);
    folder = parent === folder || ceilings.has(parent) ? undefined : parent;
  }
  return undefined;
}

function inFolder(folder: string): Located | undefined {
  const link = join(folder, '.git');
  const stats = statSync(link, { throwIfNoEntry: false });
  if (stats?.isFile()) {
    const target = /^gitdir: (.*?)\n*$/s.exec(readFileSync(link, 'utf8'))?.[1];
    return target === undefined ? undefined : describe(resolve(folder, target), link);
  }
  return (stats === undefined ? undefined : describe(link, undefined)) ?? describe(folder, undefined);
}

function describe(gitDir: string, link: string | undefined): Located | undefined {
  if (!existsSync(join(gitDir, 'HEAD'))) return undefined;
  const pointer = join(gitDir, 'commondir');
  const commonDir = existsSync(pointer) ? resolve(gitDir, readFileSync(pointer, 'utf8').trim()) : gitDir;
  if (!existsSync(join(commonDir, 'objects')) || !existsSync(join(commonDir, 'refs'))) return undefined;
  return { gitDir: realpathSync(gitDir), commonDir: realpathSync(commonDir), link };
}
