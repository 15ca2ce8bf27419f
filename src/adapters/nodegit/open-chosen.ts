import type { GitParts } from '../../ports/git-store.ts';
import type { Located } from './locate.ts';
import { openNodegit } from './open-nodegit.ts';
import { type Environment, readSettings } from './settings.ts';

/** Opens a repository if its configuration, read with all its includes, chooses `nodegit`; else undefined. */
export async function openChosen(
  startDirectory: string,
  located: Located,
  env: Environment,
): Promise<GitParts | undefined> {
  const chosen = readSettings(env, located.commonDir).findLast(({ key }) => key === 'cmf.gitbackend')?.value;
  return chosen?.toLowerCase() === 'nodegit' ? openNodegit(startDirectory, located, env) : undefined;
}
