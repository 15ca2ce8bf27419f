/** Making a clone record. */
import type { PointerFiles } from '../ports/pointer-files.ts';
import { beginWriting } from './begin-writing.ts';
import { type Clone, type Context, initialiseClone } from './clone.ts';
import { requireRemote } from './remote.ts';
import { shareFolder } from './share-folder.ts';

export type InitReport = {
  readonly clone: Clone;
  readonly isNew: boolean;
  /** Files that were created in the work tree, relative to its top. */
  readonly prepared: readonly string[];
};

export type InitOptions = {
  /** The remote that push and pull use. */
  readonly remote?: string | undefined;
  /** True for a clone that will not live long: its records go to the inbox of the server. */
  readonly isEphemeral?: boolean;
};

/**
 * Gives the clone an identity, prepares DVC's folder where there is none, and remembers the remote. Idempotent, offline.
 * @throws CmfError `no-remote` when the named remote is not configured
 */
export async function initialise(
  context: Context,
  pointers: PointerFiles,
  { remote, isEphemeral = false }: InitOptions,
): Promise<InitReport> {
  if (remote !== undefined) await requireRemote(context, remote);
  await shareFolder(context);
  const { isNew } = initialiseClone(context);
  const clone = await beginWriting(context);
  if (remote !== undefined) await context.repository.worktree.setConfig('cmf.remote', remote);
  if (isEphemeral) await context.repository.worktree.setConfig('cmf.ephemeral', 'true');
  const { worktree } = context.repository.layout;
  const prepared = worktree === undefined ? [] : await pointers.ensureDvcFolder(worktree);
  return { clone, isNew, prepared };
}
