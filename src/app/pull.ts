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
import { meaningOfRef, type PipelineId, REFS } from '../domain/ids.ts';
import type { Ref, RefUpdate } from '../ports/git.ts';
import { type Context, isInitialised, openClone, witnessClock } from './clone.ts';
import { learn } from './learn.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { listRunning, noteShared } from './running.ts';

export type PullReport = {
  readonly remote: string;
  /** Entries of others that were not known here. */
  readonly entries: number;
  readonly writers: number;
  /** What was left out and why, one line each. */
  readonly skipped: readonly string[];
  /** False when the host offers no merged view, so one pipeline could not be asked for alone. */
  readonly narrowed: boolean;
  /** Everything that the remote offers was asked for. */
  readonly isWhole: boolean;
};

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
  // A clone that only reads has no clock, nothing runs in it, and nothing comes back to it.
  const own = isInitialised(context) ? openClone(context).writer : undefined;
  const news = learned.heard.filter((entry) => entry.writer !== own);
  if (own !== undefined) takeNote(context, news);
  return {
    remote,
    entries: news.length,
    writers: new Set(news.map((entry) => entry.writer)).size,
    skipped: learned.skipped,
    narrowed: isNarrow || pipeline === undefined,
    isWhole: !isNarrow,
  };
}

/** Moves the clock past what others said, and remembers of which running executions they spoke. */
function takeNote(context: Context, news: readonly Entry[]): void {
  const latest = news.reduce<Hlc | undefined>(
    (max, { hlc }) => (max === undefined || hlc > max ? hlc : max),
    undefined,
  );
  if (latest !== undefined) witnessClock(context, latest);
  const subjects = new Set<string | undefined>(news.map(({ subject }) => subject?.id));
  for (const { execution } of listRunning(context)) if (subjects.has(execution)) noteShared(context, execution);
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
