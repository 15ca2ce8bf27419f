/** Restarting a ref: the same or another tree, and no history, so that what it held before is reachable no more. */
import type { GitRepository, Oid, TreeChange } from '../ports/git.ts';

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
  const changes = (await objects.readTree(tree)).map(
    ({ name, oid, mode }): TreeChange => ({ path: name, oid, mode: mode === '040000' ? '040000' : '100644' }),
  );
  const message = 'cmf: restarted by a purge\n';
  const history = { expected, parents: [], fresh: true, always: true };
  const result = await writer.commit({ ref, ...history, changes, message, timeSeconds });
  return result.kind !== 'lost';
}
