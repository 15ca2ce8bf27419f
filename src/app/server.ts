/** Makes a repository a central one: its hooks and the settings that keep clients out of what the server writes. */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import type { GitServer } from '../ports/git-server.ts';
import type { Context } from './clone.ts';
import { HIDE_REFS } from './control.ts';
import { dropMerged } from './drop-merged.ts';
import {
  findHook,
  type HookOutcome,
  type Installation,
  installHooks,
  removeHooks,
  requireOwnHooks,
} from './hook-files.ts';
import { shareFolder } from './share-folder.ts';
import { sendAway } from './stay.ts';

export type ServerContext = Context & { readonly server: GitServer };

export type ServerReport = {
  readonly hooksDirectory: string;
  readonly hooks: readonly HookOutcome[];
  /** Settings added or removed, `key=value`. */
  readonly settings: readonly string[];
  /** Refs that are gone. */
  readonly refs: readonly string[];
};

/** The hooks that are installed. */
export const HOOK_NAMES = ['pre-receive', 'post-receive'] as const;
/** A hidden ref is refused before any hook runs; fetching it still works. */
export const HIDDEN_REFS = [REFS.merged.slice(0, -1), REFS.archive, REFS.control];

/**
 * Installs or updates. Doing it again changes nothing. Hooks that are there already are kept and run first; nothing else of
 * the repository changes.
 * @param isShared allows writing to a hooks folder outside of this repository, which other repositories may use too
 * @throws CmfError `refused` for such a folder otherwise, or when two earlier hooks would have to be kept
 */
export async function installServer(
  context: ServerContext,
  installation: Installation,
  isShared = false,
): Promise<ServerReport> {
  const { server } = context;
  const hooksDirectory = await chooseFolder(context, 'install', isShared);
  // First, so that a check that was killed half installed leaves no way past it.
  const present = new Set(await server.settings(HIDE_REFS));
  const added = HIDDEN_REFS.filter((ref) => !present.has(ref));
  for (const ref of added) await server.addSetting(HIDE_REFS, ref);
  await shareFolder(context);
  const hooks = installHooks({ context, directory: hooksDirectory, names: HOOK_NAMES }, installation);
  sendAway(context);
  return { hooksDirectory, hooks, refs: [], settings: added.map((ref) => `${HIDE_REFS}=${ref}`) };
}

/**
 * Takes out what installServer put in; hooks that were there before are back. All records stay; what was merged goes, because
 * it would hide what is pushed from now on.
 * @param isShared as for installServer: taking the hooks out there takes them from all
 */
export async function uninstallServer(context: ServerContext, isShared = false): Promise<ServerReport> {
  const { server } = context;
  const hooksDirectory = await chooseFolder(context, 'uninstall', isShared);
  const hooks = removeHooks({ context, directory: hooksDirectory, names: HOOK_NAMES });
  const refs = await dropMerged(context);
  const present = new Set(await server.settings(HIDE_REFS));
  const removed = HIDDEN_REFS.filter((ref) => present.has(ref));
  for (const ref of removed) await server.removeSetting(HIDE_REFS, ref);
  sendAway(context);
  return { hooksDirectory, hooks, refs, settings: removed.map((ref) => `${HIDE_REFS}=${ref}`) };
}

/**
 * Refuses where no push starts a merge: what was merged once would hide all that is pushed later.
 * @throws CmfError `refused`
 */
export async function requireServer(context: ServerContext): Promise<void> {
  if (await startsMerges(context, context.server)) return;
  throw new CmfError('refused', {
    message: 'the hooks of git cmf are not installed here, so a merge would hide what is pushed after it',
    hint: `git cmf server install ${context.repository.layout.gitDir}`,
  });
}

/** True if the hook is there that has every push merged. */
export async function startsMerges(context: Context, server: GitServer): Promise<boolean> {
  return findHook(context, await server.hooksDirectory(), 'post-receive') !== undefined;
}

async function chooseFolder(context: ServerContext, action: string, isShared: boolean): Promise<string> {
  const directory = await context.server.hooksDirectory();
  const own = `git config core.hooksPath ${context.repository.layout.commonDir}/hooks`;
  if (!isShared) requireOwnHooks(context, directory, `${own}, or git cmf server ${action} --shared-hooks`);
  return directory;
}
