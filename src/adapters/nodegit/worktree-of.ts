import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Located } from './locate.ts';
import { type FoundSetting, isTrue } from './settings.ts';

/**
 * The work tree of a repository by git's rules (setup.c): a linked one has its own, `core.worktree` names one, else it is
 * where `.git` stands. Undefined for a bare repository; without `core.bare`, one that is not called `.git` is bare.
 */
export function worktreeOf(
  { gitDir, commonDir, link }: Located,
  settings: readonly FoundSetting[],
): string | undefined {
  const value = (key: string): string | undefined => settings.findLast((setting) => setting.key === key)?.value;
  if (gitDir !== commonDir) return real(dirname(link ?? readFileSync(join(gitDir, 'gitdir'), 'utf8').trim()));
  const isBare = value('core.bare') === undefined ? basename(gitDir) !== '.git' : isTrue(value('core.bare'));
  const named = value('core.worktree');
  if (isBare) return undefined;
  return real(named === undefined ? dirname(link ?? gitDir) : resolve(gitDir, named));
}

function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
