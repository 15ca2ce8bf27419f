import { realpathSync } from 'node:fs';
import { CmfError } from '../../domain/errors.ts';
import type { GitParts } from '../../ports/git-store.ts';
import { checkBare, checkEnvironment } from './check-repository.ts';
import type { Located } from './locate.ts';
import { loadNodegit } from './nodegit-api.ts';
import { openLocated } from './opened.ts';
import type { Environment } from './settings.ts';
import { NodegitTransport } from './transport.ts';
import { NodegitWorktree } from './worktree.ts';

/** Opens a repository inside this process. Rejects what this way cannot do; nothing was touched then. */
export async function openNodegit(startDirectory: string, located: Located, env: Environment): Promise<GitParts> {
  checkEnvironment(env);
  const nodegit = loadNodegit();
  const own = await openLocated(nodegit, located, env);
  const isBare = own.repository.isBare() === 1;
  checkBare(isBare, own.settings, env);
  const worktree = isBare ? undefined : worktreeOf(own.repository.workdir(), startDirectory, located.gitDir);
  const { gitDir, commonDir } = located;
  return {
    layout: { gitDir, commonDir, worktree, objectFormat: 'sha1' },
    store: own.store,
    refs: own.refs,
    transport: new NodegitTransport(nodegit, own, env, worktree ?? gitDir),
    worktree: new NodegitWorktree(nodegit, own.repository, { worktree, commonDir, env }),
    close: async () => own.repository.cleanup(),
  };
}

/** Whoever stands inside the git folder, as a hook does, has no work tree. */
function worktreeOf(workdir: string | undefined, startDirectory: string, gitDir: string): string | undefined {
  if (workdir === undefined)
    throw new CmfError('no-repository', { message: `${gitDir} has no work tree and is not bare` });
  const start = realpathSync(startDirectory);
  return start === gitDir || start.startsWith(`${gitDir}/`) ? undefined : realpathSync(workdir);
}
