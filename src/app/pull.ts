/**
 * Pull: fetch what others recorded, check every byte of it, and unite it into what this clone knows.
 *
 * A server that merges is asked for one ref; a host without hooks for all journals, and this clone computes the same merge.
 * What does not validate is left out and named; it never stops the rest.
 */
import type { Hlc } from '../domain/clock.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { Entry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, type PipelineId, REFS, type WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { Oid, Ref, RefUpdate, TreeChange } from '../ports/git.ts';
import { type Context, isInitialised, witnessClock } from './clone.ts';
import { validateJournalTree } from './journal-tree.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';

export type PullReport = {
  readonly remote: string;
  readonly entries: number;
  readonly writers: number;
  /** What was left out and why, one line each. */
  readonly skipped: readonly string[];
  /** False when the host offers no merged view, so one pipeline could not be asked for alone. */
  readonly narrowed: boolean;
  /** Everything that the remote offers was asked for. */
  readonly isWhole: boolean;
};

const TRIES_MAX = 20;

/**
 * Fetches, validates and unites.
 * @param pipeline only this pipeline, where the host can tell it apart
 * @throws CmfError `no-remote`; `not-found` when the remote does not have that pipeline; `conflict`
 */
export async function pull(context: Context, remote: string, pipeline?: PipelineId): Promise<PullReport> {
  const offered = await context.repository.transport.listRemote(remote, [REFS.all]);
  const wanted = chooseRefs(offered, remote, pipeline);
  const landing = `${REFS.incoming}${sha256Hex(remote).slice(0, 16)}/`;
  const specs = wanted.map(({ name }) => ({ from: name, to: landing + name.slice(REFS.all.length) }));
  if (specs.length > 0) await context.repository.transport.fetch(remote, specs);
  const isNarrow = wanted.length === 1 && meaningOfRef(wanted[0]?.name ?? '')?.kind === 'merged-pipeline';
  const target = isNarrow && pipeline !== undefined ? REFS.partial + pipeline : REFS.known;
  const trees = await fetchedTrees(context, wanted, landing);
  const learned = await learn(context, target, trees);
  // A clone that only reads has no clock.
  if (learned.latest !== undefined && isInitialised(context)) witnessClock(context, learned.latest);
  return { remote, ...learned, narrowed: isNarrow || pipeline === undefined, isWhole: !isNarrow };
}

function chooseRefs(offered: readonly Ref[], remote: string, pipeline: PipelineId | undefined): Ref[] {
  const named = (name: string) => offered.filter((ref) => ref.name === name);
  const merges = named(REFS.mergedAll).length > 0;
  if (merges && pipeline === undefined) return named(REFS.mergedAll);
  if (merges && pipeline !== undefined) {
    const found = named(REFS.mergedPipeline + pipeline);
    if (found.length > 0) return found;
    throw new CmfError('not-found', {
      message: `${remote} has no pipeline with id ${pipeline}`,
      hint: `git cmf pull ${remote}`,
    });
  }
  return offered.filter(({ name }) => ['journal', 'inbox', 'archive'].includes(meaningOfRef(name)?.kind ?? ''));
}

async function fetchedTrees(context: Context, wanted: readonly Ref[], landing: string): Promise<WriterTree[]> {
  const { refs, objects } = context.repository;
  const trees: WriterTree[] = [];
  for (const { name } of wanted) {
    const commit = await refs.resolve(landing + name.slice(REFS.all.length));
    if (commit === undefined) continue;
    const tree = await objects.treeOf(commit);
    const meaning = meaningOfRef(name);
    if (meaning?.kind === 'journal' || meaning?.kind === 'inbox') trees.push({ writer: meaning.writer, tree });
    else trees.push(...(await mergedWriters(objects, tree)));
  }
  return trees;
}

type Learned = Pick<PullReport, 'entries' | 'writers' | 'skipped'> & { readonly latest: Hlc | undefined };

/** Validates trees and unites them into a local ref, by compare-and-swap. */
async function learn(context: Context, target: string, trees: readonly WriterTree[]): Promise<Learned> {
  const { refs, objects, writer } = context.repository;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await refs.resolve(target);
    const base = expected === undefined ? undefined : await objects.treeOf(expected);
    const plan = await planUnion(context, base, trees);
    if (plan.changes.length === 0) return plan.learned;
    const result = await writer.commit({
      ref: target,
      expected,
      parents: expected === undefined ? [] : [expected],
      changes: plan.changes,
      message: 'cmf: learned from a remote\n',
      timeSeconds: Math.floor(context.effects.nowMs() / 1000),
    });
    if (result.kind !== 'lost') return plan.learned;
  }
  throw new CmfError('conflict', { message: `${target} was moved by others ${TRIES_MAX} times`, hint: 'git cmf pull' });
}

type Plan = { readonly changes: TreeChange[]; readonly learned: Learned };

async function planUnion(context: Context, base: Oid | undefined, trees: readonly WriterTree[]): Promise<Plan> {
  const { objects } = context.repository;
  const known = base === undefined ? [] : await mergedWriters(objects, base);
  const ours = new Map(known.map(({ writer, tree }) => [writer, tree]));
  const changes: TreeChange[] = [];
  const skipped: string[] = [];
  const entries: Entry[] = [];
  const touched = new Set<WriterId>();
  for (const theirs of trees) {
    if (ours.get(theirs.writer) === theirs.tree) continue;
    try {
      const union = await unionOf(context, ours.get(theirs.writer), theirs);
      changes.push(...union.changes);
      entries.push(...union.entries);
      touched.add(theirs.writer);
    } catch (error) {
      if (!(error instanceof CmfError)) throw error;
      skipped.push(`writer ${theirs.writer}: ${error.message}`);
    }
  }
  const latest = entries.reduce<Hlc | undefined>(
    (max, { hlc }) => (max === undefined || hlc > max ? hlc : max),
    undefined,
  );
  return { changes, learned: { entries: entries.length, writers: touched.size, skipped, latest } };
}

/** What one writer's tree adds to the tree that is known of it, after checking every byte of that. */
async function unionOf(
  context: Context,
  base: Oid | undefined,
  { writer, tree }: WriterTree,
): Promise<{ readonly changes: TreeChange[]; readonly entries: Entry[] }> {
  const { objects } = context.repository;
  const request = { tree, writer, base, purged: new Set<never>(), allowMissingFromBase: true };
  const { added } = await validateJournalTree(objects, request);
  const changes = await missingPaths(objects, base, tree);
  const prefix = mergedPath(writer);
  return {
    changes: changes.map((change) => ({ ...change, path: `${prefix}/${change.path}` })),
    entries: added.flatMap((segment) => segment.entries),
  };
}

/** After a whole pull: what partial pulls brought is part of what is known, so their refs go. */
export async function dropPartial(context: Context): Promise<void> {
  const partial = await context.repository.refs.list([REFS.partial]);
  if (partial.length === 0) return;
  const trees: WriterTree[] = [];
  for (const { oid } of partial) {
    trees.push(...(await mergedWriters(context.repository.objects, await context.repository.objects.treeOf(oid))));
  }
  await learn(context, REFS.known, trees);
  const updates = partial.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: undefined }));
  await context.repository.refs.update(updates);
}
