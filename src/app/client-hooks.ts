/** The hook that a clone may have, on request: it writes down which commits amend and rebase replaced. */

import {
  type HookOutcome,
  hasHooks,
  type Installation,
  installHooks,
  removeHooks,
  requireOwnHooks,
} from './hook-files.ts';
import type { ServerContext } from './server.ts';

/** The hooks that a clone may have. */
export const CLIENT_HOOKS = ['post-rewrite'] as const;

export type ClientHooksReport = { readonly directory: string; readonly hooks: readonly HookOutcome[] };

/**
 * Installs or updates. A hook that is there already is kept and runs as before.
 * @throws CmfError `refused` where core.hooksPath leads out of the git folder (a hook manager, or hooks shared by several
 *   repositories): what is written there would be committed, overwritten or run elsewhere
 */
export async function installClientHooks(
  context: ServerContext,
  installation: Installation,
): Promise<ClientHooksReport> {
  const directory = await context.server.hooksDirectory();
  requireOwnHooks(context, directory, "let the hook post-rewrite there run 'git cmf hook post-rewrite'");
  return { directory, hooks: installHooks({ context, directory, names: CLIENT_HOOKS }, installation) };
}

/**
 * Takes it out again; a hook that was there before is back. Does nothing where it is not installed.
 * @throws CmfError `refused` where it lies out of the git folder: other repositories may need it there
 */
export async function removeClientHooks(context: ServerContext): Promise<ClientHooksReport> {
  const directory = await context.server.hooksDirectory();
  const folder = { context, directory, names: CLIENT_HOOKS };
  if (hasHooks(folder))
    requireOwnHooks(context, directory, `remove ${directory}/post-rewrite if no repository needs it`);
  return { directory, hooks: removeHooks(folder) };
}
