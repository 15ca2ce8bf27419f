/**
 * Hooks of git cmf beside those of others. A hook that was there before becomes `<hook>.before-cmf`, and ours runs it with
 * the same input; it stays in its folder, so a link or a script that looks around where it lies still finds what it needs.
 *
 * Other tools do the same with ours: it may lie at `<hook>.legacy` or any other `<hook>.…`. It is found, brought up to date
 * and taken out there.
 */
import { isAbsolute, relative } from 'node:path';
import { CmfError } from '../domain/errors.ts';
import type { Context } from './clone.ts';

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
  /** Name of the file that holds it; another one than `name` where another tool's hook runs it. */
  readonly file: string;
  readonly status: 'installed' | 'updated' | 'unchanged' | 'removed' | 'not-ours';
  /**
   * A hook that was there before runs too (or, after `removed`, is back; after `not-ours`, lies at `<hook>.before-cmf`, and
   * whatever took our place does not run it).
   */
  readonly hasPrevious: boolean;
};

/** What is to be done to the hooks of a folder. */
export type HookFolder = { readonly context: Context; readonly directory: string; readonly names: readonly string[] };

/**
 * Installs or updates. Doing it again changes nothing.
 * @throws CmfError `refused` when two earlier hooks would have to be kept; then nothing has been changed
 */
export function installHooks({ context, directory, names }: HookFolder, installation: Installation): HookOutcome[] {
  const stubs = names.map((name) => ({ name, text: fill(context, installation, name) }));
  for (const name of names) requireRoom(context, directory, name);
  context.disk.makeDirectory(directory);
  return stubs.map(({ name, text }) => installHook(context, directory, name, text));
}

/** Takes out what installHooks put in; hooks that were there before are back. */
export function removeHooks({ context, directory, names }: HookFolder): HookOutcome[] {
  return names.map((name) => removeHook(context, directory, name));
}

/** True if removeHooks would change something. */
export function hasHooks({ context, directory, names }: HookFolder): boolean {
  return names.some((name) => {
    if (findHook(context, directory, name) !== undefined) return true;
    return !isThere(context, `${directory}/${name}`) && isThere(context, `${directory}/${previousOf(name)}`);
  });
}

/** A hook that was there before ours, and that ours does not run any more. */
export type Stranded = {
  readonly name: string;
  /** The file that holds it. */
  readonly previous: string;
  /** Another hook, not of git cmf, lies in the place of ours. */
  readonly isReplaced: boolean;
};

/** Hooks that were there before, where somebody took ours out and did not put them back. */
export function strandedHooks({ context, directory, names }: HookFolder): Stranded[] {
  return names.flatMap((name) => {
    const previous = previousOf(name);
    if (!isThere(context, `${directory}/${previous}`) || findHook(context, directory, name) !== undefined) return [];
    const isReplaced = isThere(context, `${directory}/${name}`);
    // The same text in both: an installation was killed half way, and the hook runs.
    const isSame = textOf(context, `${directory}/${name}`) === textOf(context, `${directory}/${previous}`);
    return isReplaced && isSame ? [] : [{ name, previous, isReplaced }];
  });
}

/** How a file ends that was being written when its writer was killed. git runs none of that name. */
const LEFT_BEHIND = '.tmp';

/** Name of the file in which our hook lies; undefined where it is not installed. */
export function findHook(context: Pick<Context, 'disk'>, directory: string, name: string): string | undefined {
  const others = context.disk
    .list(directory)
    .filter((file) => file.startsWith(`${name}.`) && file !== previousOf(name) && !file.endsWith(LEFT_BEHIND));
  return [name, ...others.sort()].find((file) => textOf(context, `${directory}/${file}`)?.includes(markerOf(name)));
}

/** A path that was filled into a hook, as sh would read it. */
export function pathInHook(text: string, name: 'node' | 'program'): string | undefined {
  return new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1]?.replaceAll("'\\''", "'");
}

/**
 * Refuses a hooks folder that other repositories may use too.
 * @param hint what to do instead
 * @throws CmfError `refused`
 */
export function requireOwnHooks({ disk, repository }: Context, directory: string, hint: string): void {
  const { gitDir, commonDir } = repository.layout;
  const isInside = (folder: string) => {
    const path = relative(folder, directory);
    return path !== '' && !path.startsWith('..') && !isAbsolute(path);
  };
  const isLink = disk.stat(directory)?.isDirectory === false;
  if (!isLink && (isInside(gitDir) || isInside(commonDir))) return;
  throw new CmfError('refused', {
    message: `the hooks in ${directory} lie outside of this repository's git folder: others may use or rewrite them too`,
    hint,
  });
}

/** Stands in every hook of git cmf, with the hook's name behind it. */
function markerOf(name: string): string {
  return `\n# git-cmf hook: ${name}.`;
}

/** The hook as it comes with git cmf, with this machine's paths in it. */
function fill(context: Context, { templates, node, program }: Installation, name: string): string {
  const template = textOf(context, `${templates}/${name}`);
  if (template === undefined) {
    throw new CmfError('environment', {
      message: `${templates}/${name} is missing: this git cmf is not whole`,
      hint: 'install git cmf again',
    });
  }
  return template.replace('@NODE@', () => quote(node)).replace('@PROGRAM@', () => quote(program));
}

function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function previousOf(name: string): string {
  return `${name}.before-cmf`;
}

function isThere({ disk }: Context, path: string): boolean {
  return disk.stat(path) !== undefined;
}

function requireRoom(context: Context, directory: string, name: string): void {
  const [path, previous] = [`${directory}/${name}`, `${directory}/${previousOf(name)}`];
  if (findHook(context, directory, name) !== undefined || !isThere(context, path) || !isThere(context, previous))
    return;
  // The hook that was there got its second name, and then the installation was killed.
  const text = textOf(context, path);
  if (text !== undefined && text === textOf(context, previous)) return;
  throw new CmfError('refused', {
    message: `${path} and ${previous} are both there, and neither is of git cmf: only one can be kept`,
    hint: `make one hook of the two, or move ${previous} away`,
  });
}

function installHook(context: Context, directory: string, name: string, text: string): HookOutcome {
  const { disk } = context;
  const found = findHook(context, directory, name);
  const file = found ?? name;
  const path = `${directory}/${file}`;
  // A second name, not another one: at no moment may a server be without its check.
  if (found === undefined && disk.link(path, `${directory}/${previousOf(name)}`)) disk.syncDirectory(directory);
  const hasPrevious = isThere(context, `${directory}/${previousOf(name)}`);
  const isSame = found !== undefined && textOf(context, path) === text;
  // Also when nothing changes: it may have lost its right to be executed.
  disk.replace(path, text, { mode: 0o755 });
  return { name, file, status: isSame ? 'unchanged' : found === undefined ? 'installed' : 'updated', hasPrevious };
}

function removeHook(context: Context, directory: string, name: string): HookOutcome {
  const { disk } = context;
  const previous = `${directory}/${previousOf(name)}`;
  const found = findHook(context, directory, name);
  if (found === undefined && isThere(context, `${directory}/${name}`)) {
    return { name, file: name, status: 'not-ours', hasPrevious: isThere(context, previous) };
  }
  const file = found ?? name;
  const hasPrevious = disk.rename(previous, `${directory}/${file}`);
  if (!hasPrevious) disk.remove(`${directory}/${file}`);
  return { name, file, status: found === undefined && !hasPrevious ? 'not-ours' : 'removed', hasPrevious };
}

function textOf({ disk }: Pick<Context, 'disk'>, path: string): string | undefined {
  const stat = disk.stat(path);
  if (stat === undefined || stat.isDirectory) return undefined;
  const bytes = disk.read(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}
