/** Taking purged bytes out of a writer's tree: segments that hold them are replaced by what is left of them. */
import type { Entry } from '../domain/entry.ts';
import type { EntryId } from '../domain/ids.ts';
import { mergedPath, segmentPathOf } from '../domain/layout.ts';
import { isPurged, type PurgedIds } from '../domain/resolve.ts';
import { rewriteSegment } from '../domain/rewrite-segment.ts';
import type { Segment } from '../domain/segment.ts';
import type { GitRepository, Oid, TreeChange } from '../ports/git.ts';
import { checkJournalTree, type SegmentPlace } from './journal-tree.ts';
import { isAboutData, mergedWriters, type WriterTree } from './read-state.ts';

/** Collects, segment by segment, what must change in a tree so that no purged entry is left in it. */
export type Purger = {
  /** To be shown each segment of the tree; @returns the path at which what is left of it will lie */
  visit(segment: Segment, place: SegmentPlace): string;
  /** Empty when nothing is left to take out. */
  readonly changes: readonly TreeChange[];
  /** The files that held purged bytes. */
  readonly removed: readonly Oid[];
  /** The entries that are gone. */
  readonly gone: readonly EntryId[];
};

/** A purger for one tree. */
export function createPurger(purged: PurgedIds): Purger {
  const changes: TreeChange[] = [];
  const removed: Oid[] = [];
  const gone: EntryId[] = [];
  return {
    changes,
    removed,
    gone,
    visit: (segment, { file, lineage }) => {
      if (purged.size === 0) return file.path;
      const isGone = (entry: Entry) => isPurged(entry, purged, () => lineage);
      const rewritten = rewriteSegment(segment, isGone);
      if (rewritten === undefined) return file.path;
      gone.push(...segment.entries.filter(isGone).map(({ id }) => id));
      const { bucket, hlc } = file.place;
      changes.push({ path: file.path, oid: undefined });
      const path = segmentPathOf(bucket, hlc, rewritten.sha256);
      changes.push({ path, bytes: rewritten.text });
      removed.push(file.oid);
      return path;
    },
  };
}

/** A tree without purged bytes, the files that held them, and the entries that are gone. */
export type Purged = { readonly tree: Oid; readonly removed: readonly Oid[]; readonly gone: readonly EntryId[] };

/**
 * A writer's tree without the purged entries; the same tree when it has none of them. Reads all of it, but what it shares
 * with a tree of the same writer that is known to be rid of them.
 * @throws CmfError `refused`, `damaged` or `newer-format` for a tree that cannot be read
 */
export async function purgeTree(
  { objects, writer: git }: Pick<GitRepository, 'objects' | 'writer'>,
  { writer, tree }: WriterTree,
  purged: PurgedIds,
  clean?: Oid,
): Promise<Purged> {
  const purger = createPurger(purged);
  const request = { tree, writer, base: clean, allowMissingFromBase: true };
  if (purged.size > 0) await checkJournalTree(objects, request, purger.visit);
  const { changes, removed, gone } = purger;
  return { tree: changes.length === 0 ? tree : await git.writeTree(tree, changes), removed, gone };
}

/**
 * The same for a tree of the shape of merged/all. A writer's tree that cannot be read stays as it is: no reader shows it.
 */
export async function purgeMergedTree(
  repository: Pick<GitRepository, 'objects' | 'writer'>,
  tree: Oid,
  purged: PurgedIds,
): Promise<Pick<Purged, 'tree' | 'removed'>> {
  const changes: TreeChange[] = [];
  const removed: Oid[] = [];
  for (const one of await mergedWriters(repository.objects, tree)) {
    const clean = await ifSound(() => purgeTree(repository, one, purged));
    if (clean === undefined || clean.removed.length === 0) continue;
    changes.push({ path: mergedPath(one.writer), oid: clean.tree, mode: '040000' });
    removed.push(...clean.removed);
  }
  return { tree: changes.length === 0 ? tree : await repository.writer.writeTree(tree, changes), removed };
}

/** Undefined for what no reader could read either. */
export async function ifSound<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isAboutData(error)) return undefined;
    throw error;
  }
}
