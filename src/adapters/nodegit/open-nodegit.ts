import { realpathSync } from 'node:fs';
import type { GitParts } from '../../ports/git-store.ts';
import { cannot } from './cannot.ts';
import { checkBare, checkEnvironment, checkRepository, trustedUserIds } from './check-repository.ts';
import { lazyRefs, lazyStore, lazyTransport } from './lazy-parts.ts';
import type { Located } from './locate.ts';
import { checkInstalled, loadNodegit } from './nodegit-api.ts';
import { type Opened, openLocated } from './opened.ts';
import { type Environment, readSettings } from './settings.ts';
import { NodegitTransport } from './transport.ts';
import { NodegitWorktree } from './worktree.ts';
import { worktreeOf } from './worktree-of.ts';

/**
 * Opens a repository inside this process. Rejects what this way cannot do; nothing was touched then. libgit2 is loaded when
 * the first object, ref or path is asked for: a command that only writes its log needs none of it.
 */
export async function openNodegit(startDirectory: string, located: Located, env: Environment): Promise<GitParts> {
  checkEnvironment(env);
  checkInstalled();
  const { gitDir, commonDir } = located;
  const settings = readSettings(env, commonDir);
  checkRepository(located, settings, trustedUserIds(env));
  const place = worktreeOf(located, settings);
  checkBare(place === undefined, settings, env);
  // Whoever stands inside the git folder, as a hook does, has no work tree.
  const worktree = isWithin(gitDir, realpathSync(startDirectory)) ? undefined : place;
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    opened ??= openHere(located, env, place);
    return opened;
  };
  return {
    layout: { gitDir, commonDir, worktree, objectFormat: 'sha1' },
    store: lazyStore(open),
    refs: lazyRefs(open),
    transport: lazyTransport(async () => new NodegitTransport(await open(), env, worktree ?? gitDir)),
    worktree: new NodegitWorktree(open, { worktree, commonDir, env }),
    close: async () => (await opened)?.repository.cleanup(),
  };
}

async function openHere(located: Located, env: Environment, place: string | undefined): Promise<Opened> {
  const opened = await openLocated(loadNodegit(), located, env);
  const workdir = opened.repository.workdir();
  const theirs = workdir === undefined ? undefined : realpathSync(workdir);
  if (theirs !== place) throw cannot(`agree with libgit2 on the work tree: ${place ?? 'none'} or ${theirs ?? 'none'}`);
  return opened;
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
