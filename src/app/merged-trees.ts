/**
 * The merge: merged/all and merged/p/* as a pure function of the writers' trees.
 *
 * Level-triggered: it looks at what is there, never at what was said to have changed, so it can be run at any time, twice,
 * or again after it was killed. Refs move by compare-and-swap; merged/all moves last, so what it shows was merged wholly.
 */
import { CmfError } from '../domain/errors.ts';
import { REFS, type WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { CommitRequest, GitObjects, GitRepository, Oid, TreeChange } from '../ports/git.ts';
import { type PipelineStep, planPipelines, type WriterChanges } from './merged-pipelines.ts';
import { mergedWriters } from './read-state.ts';
import { type SkippedRef, SOURCE_REFS, uniteWriters } from './writer-union.ts';

export type MergeOptions = {
  /** Date of the commits, seconds since the epoch. */
  readonly nowSeconds: number;
  /** Applied purges. */
  readonly purged?: PurgedIds;
  /** Trees that this server's own pre-receive has validated; they are not read again. */
  readonly validated?: ReadonlySet<Oid>;
  /** Makes everything anew instead of only what changed since merged/all. */
  readonly isFresh?: boolean;
  /** The same, and without history: what the refs held before cannot be reached from them any more. */
  readonly isRestart?: boolean;
};

export type MergeReport = {
  /** Refs that moved. */
  readonly changed: readonly string[];
  readonly writers: number;
  readonly skipped: readonly SkippedRef[];
  /** Refs of writers that still hold purged bytes. */
  readonly unclean: readonly string[];
};

const TRIES_MAX = 50;

/**
 * Merges what is there now.
 * @throws CmfError `conflict` when others moved the merged refs first TRIES_MAX times
 */
export async function mergeOnce(repository: GitRepository, options: MergeOptions): Promise<MergeReport> {
  const changed = new Set<string>();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const report = await attempt(repository, options, changed);
    if (report !== undefined) return report;
  }
  throw new CmfError('conflict', {
    message: `${REFS.merged}* was moved by others ${TRIES_MAX} times in a row`,
    hint: 'git cmf server merge',
  });
}

/** Undefined when somebody else moved a ref first. */
async function attempt(
  repository: GitRepository,
  options: MergeOptions,
  changed: Set<string>,
): Promise<MergeReport | undefined> {
  // Before the writers' refs: whoever has seen more and moves a merged ref after this line wins over us.
  const merged = new Map((await repository.refs.list([REFS.merged])).map(({ name, oid }) => [name, oid]));
  const sources = await repository.refs.list(SOURCE_REFS);
  const isRestart = options.isRestart === true;
  // A restart trusts nothing that was merged before.
  const known = isRestart ? undefined : await readKnown(repository.objects, merged.get(REFS.mergedAll));
  const { trees, skipped, unclean } = await uniteWriters(repository, sources, {
    known: known ?? new Map(),
    validated: options.validated ?? new Set(),
    purged: options.purged ?? new Set(),
  });
  const isFresh = options.isFresh === true || known === undefined;
  const changes = compare(isFresh ? new Map() : (known ?? new Map()), trees);
  const request = { refs: merged, writers: trees, changed: changes, isFresh };
  const steps = changes.size === 0 && !isFresh ? [] : await planPipelines(repository.objects, request);
  const all = { ref: REFS.mergedAll, expected: merged.get(REFS.mergedAll), changes: allChanges(changes), isFresh };
  if (changes.size > 0 || (isFresh && all.expected !== undefined)) steps.push(all);
  for (const step of steps) {
    const outcome = await take(repository, step, { isRestart, timeSeconds: options.nowSeconds });
    if (outcome === 'lost') return undefined;
    if (outcome === 'moved') changed.add(step.ref);
  }
  return { changed: [...changed], writers: trees.size, skipped, unclean };
}

/** The writers in merged/all; undefined when there is none, or none that can be read. */
async function readKnown(objects: GitObjects, commit: Oid | undefined): Promise<Map<WriterId, Oid> | undefined> {
  if (commit === undefined) return undefined;
  try {
    const writers = await mergedWriters(objects, await objects.treeOf(commit));
    return new Map(writers.map(({ writer, tree }) => [writer, tree]));
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return undefined;
    throw error;
  }
}

function compare(known: ReadonlyMap<WriterId, Oid>, trees: ReadonlyMap<WriterId, Oid>): WriterChanges {
  const changes = new Map<WriterId, { before: Oid | undefined; after: Oid | undefined }>();
  for (const [writer, after] of trees) {
    const before = known.get(writer);
    if (before !== after) changes.set(writer, { before, after });
  }
  for (const [writer, before] of known) if (!trees.has(writer)) changes.set(writer, { before, after: undefined });
  return changes;
}

function allChanges(changed: WriterChanges): TreeChange[] {
  return Array.from(changed, ([writer, { after }]): TreeChange => {
    const path = mergedPath(writer);
    return after === undefined ? { path, oid: undefined } : { path, oid: after, mode: '040000' };
  });
}

async function take(
  { refs, writer }: GitRepository,
  { ref, expected, changes, isFresh }: PipelineStep,
  { isRestart, timeSeconds }: { readonly isRestart: boolean; readonly timeSeconds: number },
): Promise<'moved' | 'unchanged' | 'lost'> {
  if (changes === undefined) return (await refs.update([{ name: ref, expected, to: undefined }])) ? 'moved' : 'lost';
  const request: CommitRequest = {
    ref,
    expected,
    parents: expected === undefined || isRestart ? [] : [expected],
    fresh: isFresh,
    always: isRestart,
    changes,
    message: 'cmf: merged\n',
    timeSeconds,
  };
  return (await writer.commit(request)).kind;
}
