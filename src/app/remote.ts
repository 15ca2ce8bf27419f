/** Which remote a command means. */
import { CmfError } from '../domain/errors.ts';
import type { Context } from './clone.ts';

/**
 * The remote named on the command line, else `cmf.remote`, else `origin`, else the only one.
 * @throws CmfError `usage` for more than one name; `no-remote` when there is none to choose
 */
export async function chooseRemote(context: Context, named: readonly string[]): Promise<string> {
  const [first, second] = named;
  if (second !== undefined) throw new CmfError('usage', { message: `one remote at a time: '${first}' or '${second}'` });
  if (first !== undefined) return first;
  const { worktree, transport } = context.repository;
  const configured = await worktree.config('cmf.remote');
  if (configured !== undefined) return configured;
  const remotes = await transport.remotes();
  if (remotes.includes('origin')) return 'origin';
  const [only, another] = remotes;
  if (only !== undefined && another === undefined) return only;
  throw new CmfError('no-remote', {
    message: only === undefined ? 'this repository has no remote' : `several remotes fit: ${remotes.join(', ')}`,
    hint: only === undefined ? 'git remote add origin URL' : 'git cmf push REMOTE, or git config cmf.remote REMOTE',
  });
}

/**
 * Checks that a remote is configured.
 * @throws CmfError `no-remote`
 */
export async function requireRemote(context: Context, name: string): Promise<void> {
  if ((await context.repository.transport.remotes()).includes(name)) return;
  throw new CmfError('no-remote', {
    message: `there is no remote named '${name}'`,
    hint: `git remote add ${name} URL`,
  });
}
