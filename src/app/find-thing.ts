/**
 * What a word on the command line means to `show` and `lineage`. A file that is there is recognised by its content, so a
 * copy under another name is the same artifact, and a path that somebody else wrote something else to is not mistaken.
 */
import { isAbsolute, join, relative, resolve } from 'node:path';
import { type FindSources, type Found, find } from '../domain/find.ts';
import type { Context } from './clone.ts';
import type { Files } from './track.ts';

export type Asked = {
  readonly typed: string;
  /** The folder that a relative path starts from. */
  readonly directory: string;
};

/** What looks like an id or says what it is names none of our files, even if there is one; `./` in front makes it a path. */
const NO_PATH = /^(?:[a-z0-9-]+:.*|[0-9a-f-]{4,})$/s;

/**
 * Finds it.
 * @throws CmfError `not-found`, `ambiguous`, `no-data`
 */
export async function findThing(context: Context, files: Files, sources: FindSources, asked: Asked): Promise<Found> {
  const { typed, directory } = asked;
  const path = NO_PATH.test(typed) ? undefined : pathInTree(context, resolve(directory, typed));
  const found = path === undefined ? undefined : await findContent(context, files, sources, path);
  return found ?? find(sources, typed, pathInTree(context, directory) ?? '');
}

/** The path from the top of the work tree; undefined for one that is outside, or where there is no work tree. */
function pathInTree({ repository }: Context, absolute: string): string | undefined {
  const top = repository.layout.worktree;
  if (top === undefined) return undefined;
  const path = relative(top, absolute);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path;
}

async function findContent(
  { repository, disk, reporter }: Context,
  { hasher }: Files,
  { index }: FindSources,
  path: string,
): Promise<Found | undefined> {
  const root = repository.layout.worktree ?? '/';
  if (disk.stat(join(root, path)) === undefined) return undefined;
  const { digests } = await hasher.hash(join(root, path), { root });
  for (const digest of digests) {
    const artifacts = index.resolveDigest(digest);
    if (artifacts.length > 0) return { kind: 'artifact', artifacts, use: undefined };
  }
  reporter.warn(`${path} holds what nobody recorded; what follows is what was last recorded of that path`);
  return undefined;
}
