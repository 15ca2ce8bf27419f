/** Restarting a ref: the same or another tree, and no history, so that what it held before is reachable no more. */
import type { GitObjects, GitRepository, Oid, TreeChange } from '../ports/git.ts';

export type RestartRequest = {
  readonly ref: string;
  /** What the ref points at now. */
  readonly expected: Oid;
  readonly tree: Oid;
  /** Seconds since the epoch. */
  readonly timeSeconds: number;
};

/** Moves the ref by compare-and-swap. @returns false when somebody else moved it first */
export async function restartRef(
  { objects, writer }: Pick<GitRepository, 'objects' | 'writer'>,
  { ref, expected, tree, timeSeconds }: RestartRequest,
): Promise<boolean> {
  const changes = await treeContents(objects, tree);
  const message = 'cmf: restarted by a purge\n';
  const history = { expected, parents: [], fresh: true, always: true };
  const result = await writer.commit({ ref, ...history, changes, message, timeSeconds });
  return result.kind !== 'lost';
}

/** The changes that make a tree out of nothing. Of files only plain ones are known here. */
export async function treeContents(objects: GitObjects, tree: Oid): Promise<TreeChange[]> {
  const entries = await objects.readTree(tree);
  return entries.map(({ name, oid, mode }) => ({ path: name, oid, mode: mode === '040000' ? '040000' : '100644' }));
}
