import { statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { relpathProblem } from '../../domain/dvc-dir.ts';
import { type IgnoreRule, isDvcIgnored, parseDvcIgnore } from '../../domain/dvc-ignore-rules.ts';
import { readText } from './read-text.ts';
import { isLink } from './walk-directory.ts';

/** Where a path lies, as DVC sees it. */
export type DvcPlace = {
  /** Relative to the top of the repository, with `/`. Without meaning when the path lies outside. */
  readonly inRepository: string;
  /** What `.dvcignore` files from the top down to the path's folder say. */
  readonly rules: readonly IgnoreRule[];
  /** Why DVC cannot track this path, wherever its content could go; undefined when it can. */
  readonly problem: string | undefined;
};

/**
 * Looks at the folders between the top of the repository and a path.
 * @throws CmfError `refused` for a `.dvcignore` that DVC itself cannot read
 */
export function findDvcPlace(root: string, path: string, isDirectory: boolean): DvcPlace {
  const inRepository = relative(root, path).split(sep).join('/');
  if (inRepository === '') return { inRepository, rules: readRules(root, ''), problem: 'it is the whole repository' };
  if (inRepository === '..' || inRepository.startsWith('../')) {
    return { inRepository, rules: [], problem: 'it lies outside the repository' };
  }
  const folders = foldersAbove(inRepository);
  const rules = folders.flatMap((folder) => readRules(root, folder));
  const within = [...folders.slice(1), ...(isDirectory ? [inRepository] : [])];
  const problem = folderProblem(root, within) ?? findProblem(inRepository, isDirectory, rules);
  return { inRepository, rules, problem };
}

function folderProblem(root: string, folders: readonly string[]): string | undefined {
  const linked = folders.find((folder) => isLink(join(root, folder)));
  if (linked !== undefined) return `${linked} is a link to a folder`;
  // DVC would look for it in that one's cache.
  const nested = folders.find((folder) => isFolder(join(root, folder, '.dvc')));
  return nested === undefined ? undefined : `${nested} is a DVC repository of its own`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function findProblem(path: string, isDirectory: boolean, rules: readonly IgnoreRule[]): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/\.dvc$|^dvc\.(?:yaml|lock)$|^\.dvcignore$/.test(name)) return `${name} is a name that DVC keeps for itself`;
  if (isDvcIgnored(rules, path, isDirectory)) return 'a .dvcignore hides it';
  return relpathProblem(path);
}

/** `''`, `a`, `a/b` for `a/b/c`. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
}

/** The rules of one folder's own `.dvcignore`. */
export function readRules(root: string, folder: string): IgnoreRule[] {
  const text = readText(join(root, folder, '.dvcignore'));
  return text === undefined ? [] : parseDvcIgnore(text, folder);
}
