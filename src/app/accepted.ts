/** What remotes have accepted of a journal of this clone. */
import { REFS, type WriterId } from '../domain/ids.ts';
import type { GitRepository, Oid } from '../ports/git.ts';
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

/** No segment. */
const NONE: ReadonlyMap<string, Oid> = new Map();

/**
 * All that any remote took, or gave back to a pull.
 * @param ahead segments that some remote took and others never will; what is not older than all of them counts as not accepted
 */
export async function acceptedAnywhere(context: Context, writer: WriterId, ahead = NONE): Promise<Accepted> {
  const { refs, objects } = context.repository;
  const { tip, paths } = await acceptedIn(context, pushedTips(context, writer), ahead);
  const known = await refs.resolve(REFS.known);
  const trees = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  const tree = trees.find((one) => one.writer === writer)?.tree;
  const learned = tree === undefined ? NONE : await pathsOf(objects, tree);
  return { tip, paths: holdsAny(learned, ahead) ? paths : new Set([...paths, ...learned.keys()]) };
}

/** What these tips hold that are still in the repository: the one with the most counts; of one with segments `ahead`, what came before them. */
export async function acceptedIn({ repository }: Context, tips: readonly Oid[], ahead = NONE): Promise<Accepted> {
  const { objects } = repository;
  let best: Accepted = { tip: undefined, paths: new Set() };
  for (const taken of new Set(tips)) {
    if ((await objects.info(taken))?.type !== 'commit') continue;
    const tip = await lastWithout(repository, taken, ahead);
    if (tip === undefined) continue;
    const paths = new Set((await pathsOf(objects, await objects.treeOf(tip))).keys());
    if (paths.size > best.paths.size) best = { tip, paths };
  }
  return best;
}

function holdsAny(paths: ReadonlyMap<string, Oid>, wanted: ReadonlyMap<string, Oid>): boolean {
  return [...wanted.keys()].some((path) => paths.has(path));
}

/** The commit itself, or the last one of its history that has none of these segments; undefined: all have some. */
async function lastWithout(
  { objects, refs }: GitRepository,
  tip: Oid,
  segments: ReadonlyMap<string, Oid>,
): Promise<Oid | undefined> {
  if (!holdsAny(await pathsOf(objects, await objects.treeOf(tip)), segments)) return tip;
  const unwanted = new Set(segments.values());
  const holders = new Set<Oid>([tip]);
  let last: Oid | undefined;
  for await (const { commit, parents, brings } of refs.newCommits(tip, undefined)) {
    if (brings.some((oid) => unwanted.has(oid)) || parents.some((parent) => holders.has(parent))) holders.add(commit);
    else if (!holders.has(commit)) last = commit;
  }
  return last;
}
