/** What remotes have accepted of a journal of this clone. */
import { REFS, type WriterId } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { pathsOf } from './journal-tree.ts';
import { pushedTips } from './pushed.ts';
import { mergedWriters } from './read-state.ts';

export type Accepted = {
  /** The furthest tip that a remote took; undefined: none, or nobody remembers. */
  readonly tip: Oid | undefined;
  /** Every path that some remote has, as far as is known here. */
  readonly paths: ReadonlySet<string>;
};

/** All that any remote took, or gave back to a pull. */
export async function acceptedAnywhere(context: Context, writer: WriterId): Promise<Accepted> {
  const { refs, objects } = context.repository;
  const { tip, paths } = await acceptedIn(context, pushedTips(context, writer));
  const known = await refs.resolve(REFS.known);
  const learned = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  const tree = learned.find((one) => one.writer === writer)?.tree;
  return { tip, paths: tree === undefined ? paths : new Set([...paths, ...(await pathsOf(objects, tree)).keys()]) };
}

/** What these tips hold that are still in the repository: the one with the most counts. */
export async function acceptedIn({ repository }: Context, tips: readonly Oid[]): Promise<Accepted> {
  const { objects } = repository;
  let best: Accepted = { tip: undefined, paths: new Set() };
  for (const tip of new Set(tips)) {
    if ((await objects.info(tip))?.type !== 'commit') continue;
    const paths = new Set((await pathsOf(objects, await objects.treeOf(tip))).keys());
    if (paths.size > best.paths.size) best = { tip, paths };
  }
  return best;
}
