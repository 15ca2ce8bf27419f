/** Whether a server's merged refs are what its journals give. */
import { REFS } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { GitRepository, Oid, TreeChange } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { readPurges } from './control.ts';
import { planPipelines } from './merged-pipelines.ts';
import { SOURCE_REFS, uniteWriters } from './writer-union.ts';

/** A merge that runs meanwhile moves refs under our feet; then we look again. */
const TRIES_MAX = 5;

/** Computes the merge anew and compares. @returns what differs, one line each; empty where nothing is merged */
export async function checkMerged(context: Context): Promise<string[]> {
  const { repository } = context;
  const { refs } = repository;
  const { applied } = await readPurges(context);
  for (let tries = 1; ; tries++) {
    const merged = new Map((await refs.list([REFS.merged])).map(({ name, oid }) => [name, oid]));
    if (!merged.has(REFS.mergedAll)) return [];
    const differing = await differences(repository, merged, applied);
    const isStill = (await refs.list([REFS.merged])).every(({ name, oid }) => merged.get(name) === oid);
    if (differing.length === 0 || isStill || tries === TRIES_MAX) return differing;
  }
}

async function differences(
  repository: GitRepository,
  merged: ReadonlyMap<string, Oid>,
  purged: PurgedIds,
): Promise<string[]> {
  const { objects, refs } = repository;
  const sources = await refs.list(SOURCE_REFS);
  const { trees } = await uniteWriters(repository, sources, { purged });
  const changed = new Map(Array.from(trees, ([writer, after]) => [writer, { before: undefined, after }]));
  const steps = await planPipelines(objects, { refs: merged, writers: trees, changed, isFresh: true });
  const all = Array.from(trees, ([writer, oid]): TreeChange => ({ path: mergedPath(writer), oid, mode: '040000' }));
  const wanted: { readonly ref: string; readonly changes: readonly TreeChange[] | undefined }[] = [
    { ref: REFS.mergedAll, changes: all },
    ...steps,
  ];
  const lines: string[] = [];
  for (const { ref, changes } of wanted) {
    const commit = merged.get(ref);
    const is = commit === undefined ? undefined : await objects.treeOf(commit);
    const must = changes === undefined ? undefined : await repository.writer.writeTree(undefined, changes);
    if (is !== must) lines.push(`${ref} is not what the journals give; git cmf server merge makes it anew`);
  }
  return lines;
}
