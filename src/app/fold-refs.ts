/**
 * Folding: what throw-away writers left in the inbox, and journals of writers that come no more, move into the archive, so
 * that refs do not pile up.
 */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { GitRepository, Oid, Ref, RefUpdate, TreeChange } from '../ports/git.ts';
import { mergedWriters } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';

/**
 * Adds the trees of these refs to the archive and deletes the refs. Killed in between, the next run ends the work; a ref
 * that was pushed to meanwhile stays. Nothing that is merged from these refs changes.
 * @param folding refs of the inbox and journals, as a merge has seen them
 * @returns the refs that are gone
 */
export async function foldRefs(
  repository: GitRepository,
  nowSeconds: number,
  folding: readonly Ref[],
): Promise<string[]> {
  if (folding.length === 0) return [];
  const { refs, objects, writer } = repository;
  const expected = await refs.resolve(REFS.archive);
  const archived = expected === undefined ? [] : await mergedWriters(objects, await objects.treeOf(expected));
  const trees = new Map(archived.map((one) => [one.writer, one.tree]));
  const { changes, folded } = await planFold(repository, trees, folding);
  const result = await writer.commit({
    ref: REFS.archive,
    expected,
    parents: expected === undefined ? [] : [expected],
    changes,
    message: 'cmf: folded\n',
    timeSeconds: nowSeconds,
  });
  if (result.kind === 'lost') return [];
  return removeRefs(repository, folded);
}

async function planFold(
  { objects }: GitRepository,
  archived: ReadonlyMap<WriterId, Oid>,
  folding: readonly Ref[],
): Promise<{ readonly changes: TreeChange[]; readonly folded: Ref[] }> {
  const changes: TreeChange[] = [];
  const folded: Ref[] = [];
  for (const ref of folding) {
    const meaning = meaningOfRef(ref.name);
    if (meaning?.kind !== 'inbox' && meaning?.kind !== 'journal') continue;
    try {
      const missing = await missingPaths(objects, archived.get(meaning.writer), await objects.treeOf(ref.oid));
      for (const change of missing) changes.push({ ...change, path: `${mergedPath(meaning.writer)}/${change.path}` });
      folded.push(ref);
    } catch (error) {
      // It contradicts the archive: it stays where it is, and the merge names it.
      if (!(error instanceof CmfError) || error.code !== 'damaged') throw error;
    }
  }
  return { changes, folded };
}

async function removeRefs({ refs }: GitRepository, folded: readonly Ref[]): Promise<string[]> {
  const gone = folded.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: undefined }));
  if (await refs.update(gone)) return gone.map(({ name }) => name);
  const removed: string[] = [];
  for (const update of gone) if (await refs.update([update])) removed.push(update.name);
  return removed;
}
