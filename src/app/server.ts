/** Makes a repository a central one: its hooks and the settings that keep clients out of what the server writes. */
import { isAbsolute, relative } from 'node:path';
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import type { GitServer } from '../ports/git-server.ts';
import type { Context } from './clone.ts';

export type ServerContext = Context & { readonly server: GitServer };

/** Where the program lies; written into the hooks, so absolute. */
export type Installation = {
  /** Folder with the hooks as they come with git cmf. */
  readonly templates: string;
  readonly node: string;
  /** What node is given to run git cmf. */
  readonly program: string;
};

export type HookOutcome = {
  readonly name: string;
  readonly status: 'installed' | 'updated' | 'unchanged' | 'removed' | 'not-ours';
  /** A hook that was there before runs too (or, after `removed`, is back). */
  readonly hasPrevious: boolean;
};

export type ServerReport = {
  readonly hooksDirectory: string;
  readonly hooks: readonly HookOutcome[];
  /** Settings added or removed, `key=value`. */
  readonly settings: readonly string[];
};

/** The hooks that are installed. */
export const HOOK_NAMES = ['pre-receive', 'post-receive'] as const;
/** Stands in every hook of git cmf. */
export const HOOK_MARKER = '\n# git-cmf hook: ';
export const HIDE_REFS = 'receive.hideRefs';
/** A hidden ref is refused before any hook runs; fetching it still works. */
export const HIDDEN_REFS = [REFS.merged.slice(0, -1), REFS.archive, REFS.control];

/**
 * Installs or updates. Doing it again changes nothing. A hook that is there already is kept beside ours as
 * `<hook>.before-cmf` and runs first; nothing else of the repository changes.
 * @param isShared allows writing to a hooks folder outside of this repository, which other repositories may use too
 * @throws CmfError `refused` for such a folder otherwise, or when two earlier hooks would have to be kept
 */
export async function installServer(
  context: ServerContext,
  installation: Installation,
  isShared = false,
): Promise<ServerReport> {
  const { disk, server } = context;
  const hooksDirectory = await server.hooksDirectory();
  if (!isShared) requireOwn(context, hooksDirectory);
  const stubs = HOOK_NAMES.map((name) => ({
    name,
    path: `${hooksDirectory}/${name}`,
    text: fill(context, installation, name),
  }));
  for (const { path } of stubs) requireRoom(context, path);
  disk.makeDirectory(hooksDirectory);
  const hooks = stubs.map(({ name, path, text }) => installHook(context, name, path, text));
  const present = new Set(await server.settings(HIDE_REFS));
  const added = HIDDEN_REFS.filter((ref) => !present.has(ref));
  for (const ref of added) await server.addSetting(HIDE_REFS, ref);
  return { hooksDirectory, hooks, settings: added.map((ref) => `${HIDE_REFS}=${ref}`) };
}

/** Takes out what installServer put in; hooks that were there before are back. Merged refs stay. */
export async function uninstallServer(context: ServerContext): Promise<ServerReport> {
  const { server } = context;
  const hooksDirectory = await server.hooksDirectory();
  const hooks = HOOK_NAMES.map((name) => removeHook(context, name, `${hooksDirectory}/${name}`));
  const present = new Set(await server.settings(HIDE_REFS));
  const removed = HIDDEN_REFS.filter((ref) => present.has(ref));
  for (const ref of removed) await server.removeSetting(HIDE_REFS, ref);
  return { hooksDirectory, hooks, settings: removed.map((ref) => `${HIDE_REFS}=${ref}`) };
}

function requireOwn({ disk, repository }: Context, hooksDirectory: string): void {
  const { gitDir, commonDir } = repository.layout;
  const isInside = (folder: string) => {
    const path = relative(folder, hooksDirectory);
    return path !== '' && !path.startsWith('..') && !isAbsolute(path);
  };
  const isLink = disk.stat(hooksDirectory)?.isDirectory === false;
  if (!isLink && (isInside(gitDir) || isInside(commonDir))) return;
  throw new CmfError('refused', {
    message: `the hooks in ${hooksDirectory} lie outside of this repository: other repositories may use them too`,
    hint: `git config core.hooksPath ${commonDir}/hooks, or git cmf server install --shared-hooks`,
  });
}

/** The hook as it comes with git cmf, with this machine's paths in it. */
function fill({ disk }: Context, { templates, node, program }: Installation, name: string): string {
  const template = disk.read(`${templates}/${name}`);
  if (template === undefined) {
    throw new CmfError('environment', {
      message: `${templates}/${name} is missing: this git cmf is not whole`,
      hint: 'install git cmf again',
    });
  }
  return decode(template)
    .replace('@NODE@', () => quote(node))
    .replace('@PROGRAM@', () => quote(program));
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** The hook at a path: none, one of ours, or somebody else's. */
function ownerOf({ disk }: Context, path: string): 'nobody' | 'us' | 'another' {
  if (disk.stat(path) === undefined) return 'nobody';
  return decode(disk.read(path) ?? new Uint8Array()).includes(HOOK_MARKER) ? 'us' : 'another';
}

function requireRoom(context: Context, path: string): void {
  if (ownerOf(context, path) !== 'another' || context.disk.stat(previousOf(path)) === undefined) return;
  throw new CmfError('refused', {
    message: `${path} and ${previousOf(path)} are both there, and neither is of git cmf: only one can be kept`,
    hint: `make one hook of the two, or move ${previousOf(path)} away`,
  });
}

function previousOf(path: string): string {
  return `${path}.before-cmf`;
}

function installHook(context: Context, name: string, path: string, text: string): HookOutcome {
  const { disk } = context;
  const owner = ownerOf(context, path);
  // Beside it, not elsewhere: a link or a script that looks around where it lies still finds what it needs.
  if (owner === 'another') disk.rename(path, previousOf(path));
  const hasPrevious = disk.stat(previousOf(path)) !== undefined;
  if (owner === 'us' && decode(disk.read(path) ?? new Uint8Array()) === text) {
    return { name, status: 'unchanged', hasPrevious };
  }
  disk.replace(path, text, { mode: 0o755 });
  return { name, status: owner === 'us' ? 'updated' : 'installed', hasPrevious };
}

function removeHook(context: Context, name: string, path: string): HookOutcome {
  const { disk } = context;
  if (ownerOf(context, path) !== 'us') return { name, status: 'not-ours', hasPrevious: false };
  const hasPrevious = disk.rename(previousOf(path), path);
  if (!hasPrevious) disk.remove(path);
  return { name, status: 'removed', hasPrevious };
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
