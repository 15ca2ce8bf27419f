/**
 * Pull: fetch what others recorded, check every byte of it, and unite it into what this clone knows.
 *
 * A server that merges is asked for one ref; a host without hooks for all journals, and this clone computes the same merge.
 * What does not validate is left out and named; it never stops the rest.
 */
import { HLC_ZERO, hlcMs, WITNESS_AHEAD_MAX_MS } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, type PipelineId, REFS } from '../domain/ids.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { Ref, RefUpdate } from '../ports/git.ts';
import { applyPurges } from './apply-purges.ts';
import { beginWriting } from './begin-writing.ts';
import { type Clone, type Context, isInitialised } from './clone.ts';
import { witnessClock } from './clone-clock.ts';
import { learnControl, type Unpinned } from './control.ts';
import { placeOf } from './landing.ts';
import { type Heard, learn } from './learn.ts';
import { refreshNotesAfter } from './notes.ts';
import { areNotesDue } from './notes-pace.ts';
import { isAboutData, mergedWriters, type WriterTree } from './read-state.ts';
import { recordQueuedRewrites } from './rewritten.ts';
import { listRunning, noteShared } from './running.ts';
import { VerifiedFiles } from './verified-files.ts';

export type PullReport = {
  readonly remote: string;
  /** Entries of others that were not known here. */
  readonly entries: number;
  readonly writers: number;
  /** What was left out and why, one line each. */
  readonly skipped: readonly string[];
  /** Refs of this clone that held purged bytes and were restarted without them. */
  readonly restarted: readonly string[];
  /** Purges that are not applied, since their key is not pinned here. */
  readonly unpinned: readonly Unpinned[];
  /** False when the host offers no merged view, so one pipeline could not be asked for alone. */
  readonly narrowed: boolean;
};

/**
 * Fetches, validates, unites, and refreshes the notes.
 * @param pipeline only this pipeline, where the host can tell it apart
 * @throws CmfError `no-remote`; `not-found` when the remote does not have that pipeline; `conflict`
 */
export async function pull(context: Context, remote: string, pipeline?: PipelineId): Promise<PullReport> {
  const offered = await context.repository.transport.listRemote(remote, [REFS.all]);
  const wanted = chooseRefs(offered, remote, pipeline);
  const place = placeOf(remote);
  const landing = `${REFS.incoming}${place}/`;
  const landingOf = (name: string) => landing + name.slice(REFS.all.length);
  const control = offered.filter(({ name }) => name === REFS.control);
  const specs = [...wanted, ...control].map(({ name }) => ({ from: name, to: landingOf(name) }));
  if (specs.length > 0) await context.repository.transport.fetch(remote, specs);
  // Before anything else is learned, so that what was purged does not come in.
  const controlTip = control.length === 0 ? undefined : await context.repository.refs.resolve(landingOf(REFS.control));
  const orders = controlTip === undefined ? { refused: [] } : await learnControl(context, controlTip);
  const keep = new Set(specs.map(({ to }) => to));
  const { restarted, purges } = await applyPurges(context, { keep });
  const isNarrow = wanted.length === 1 && meaningOfRef(wanted[0]?.name ?? '')?.kind === 'merged-pipeline';
  const target = isNarrow && pipeline !== undefined ? `${REFS.partial}${place}/${pipeline}` : REFS.known;
  const fetched = await fetchedTrees(context, wanted, landing);
  const verified = areNotesDue(context) ? new VerifiedFiles() : undefined;
  const learned = await learn(context, target, fetched.trees, verified && { verified });
  await dropUnclean(context, learned.unclean, fetched.places);
  const skipped = [
    ...orders.refused,
    ...fetched.skipped,
    ...learned.skipped.map(({ writer, reason }) => `writer ${writer}: ${reason}`),
  ];
  const isWhole = !isNarrow && fetched.skipped.length === 0;
  await rememberSkipped(context, `${REFS.skipped}${place}/`, isWhole ? 'all' : fetched.trees, learned.skipped);
  if (!isNarrow && skipped.length === 0) await dropPartial(context, `${REFS.partial}${place}/`);
  // A clone that only reads has no clock, nothing runs in it, and nothing comes back to it.
  const own = isInitialised(context) ? await beginWriting(context) : undefined;
  const news = learned.heard.filter((entry) => entry.writer !== own?.writer);
  if (own !== undefined) {
    takeNote(own, news);
    recordQueuedRewrites(own);
  }
  await refreshNotesAfter(context, verified);
  return {
    remote,
    entries: news.length,
    writers: new Set(news.map((entry) => entry.writer)).size,
    skipped,
    restarted,
    unpinned: purges.unpinned,
    narrowed: isNarrow || pipeline === undefined,
  };
}

/** Moves the clock past what others said, and remembers of which running executions they spoke. */
export function takeNote(clone: Clone, news: readonly Heard[]): void {
  const limitMs = clone.effects.nowMs() + WITNESS_AHEAD_MAX_MS;
  let latest = HLC_ZERO;
  for (const { hlc } of news) if (hlc > latest && hlcMs(hlc) <= limitMs) latest = hlc;
  if (latest !== HLC_ZERO) witnessClock(clone, latest);
  const subjects = new Set<string | undefined>(news.map(({ subject }) => subject?.id));
  for (const { execution } of listRunning(clone)) if (subjects.has(execution)) noteShared(clone, execution);
}

/**
 * Keeps in refs what this pull had to leave out, and forgets what it could read after all.
 * @param trees what it looked at; `all` when that was all there is, so what is not there any more is forgotten too
 */
export async function rememberSkipped(
  context: Context,
  prefix: string,
  trees: readonly WriterTree[] | 'all',
  skipped: readonly WriterTree[],
): Promise<void> {
  const { refs } = context.repository;
  const wanted = new Map(skipped.map(({ writer, tree }) => [prefix + writer, tree]));
  const seen = trees === 'all' ? undefined : new Set(trees.map(({ writer }) => prefix + writer));
  const known = new Map((await refs.list([prefix])).map(({ name, oid }) => [name, oid]));
  const updates: RefUpdate[] = [];
  for (const [name, to] of wanted) if (known.get(name) !== to) updates.push({ name, to, expected: known.get(name) });
  for (const [name, expected] of known) {
    if ((seen?.has(name) ?? true) && !wanted.has(name)) updates.push({ name, to: undefined, expected });
  }
  if (updates.length > 0) await refs.update(updates);
}

function chooseRefs(offered: readonly Ref[], remote: string, pipeline: PipelineId | undefined): Ref[] {
  const named = (name: string) => offered.filter((ref) => ref.name === name);
  const merges = named(REFS.mergedAll).length > 0;
  if (merges && pipeline === undefined) return named(REFS.mergedAll);
  if (merges && pipeline !== undefined) {
    const found = named(REFS.mergedPipeline + pipeline);
    if (found.length > 0) return found;
    throw new CmfError('not-found', {
      message: `${remoteWithoutCredentials(remote)} has no pipeline with id ${pipeline}`,
      hint: 'git cmf pull',
    });
  }
  return offered.filter(({ name }) => ['journal', 'inbox', 'archive'].includes(meaningOfRef(name)?.kind ?? ''));
}

type Fetched = {
  readonly trees: readonly WriterTree[];
  readonly skipped: readonly string[];
  /** The local ref in which each tree lies. */
  readonly places: ReadonlyMap<WriterTree, string>;
};

/** The writers' trees in what was fetched. A ref that holds no such thing is left out and named. */
async function fetchedTrees(context: Context, wanted: readonly Ref[], landing: string): Promise<Fetched> {
  const { refs, objects } = context.repository;
  const trees: WriterTree[] = [];
  const skipped: string[] = [];
  const places = new Map<WriterTree, string>();
  const landed = new Map((await refs.list([landing])).map(({ name, oid }) => [name, oid]));
  for (const { name } of wanted) {
    const place = landing + name.slice(REFS.all.length);
    const commit = landed.get(place);
    if (commit === undefined) continue;
    const meaning = meaningOfRef(name);
    try {
      const tree = await objects.treeOf(commit);
      const isOne = meaning?.kind === 'journal' || meaning?.kind === 'inbox';
      const found = isOne ? [{ writer: meaning.writer, tree }] : await mergedWriters(objects, tree);
      for (const one of found) {
        trees.push(one);
        places.set(one, place);
      }
    } catch (error) {
      if (!isAboutData(error)) throw error;
      skipped.push(`${name}: ${error.message}`);
    }
  }
  return { trees, skipped, places };
}

/** A fetch that brought purged bytes is not kept: it would hold them here. */
async function dropUnclean(
  { repository }: Context,
  unclean: readonly WriterTree[],
  places: ReadonlyMap<WriterTree, string>,
): Promise<void> {
  const names = new Set(unclean.flatMap((one) => places.get(one) ?? []));
  for (const name of names) {
    const expected = await repository.refs.resolve(name);
    if (expected !== undefined) await repository.refs.update([{ name, expected, to: undefined }]);
  }
}

/** After a whole pull: what partial pulls from the same remote brought is part of what is known, so their refs go. */
async function dropPartial(context: Context, prefix: string): Promise<void> {
  const { refs, objects } = context.repository;
  const partial = await refs.list([prefix]);
  if (partial.length === 0) return;
  const trees: WriterTree[] = [];
  for (const { oid } of partial)
    for (const one of await mergedWriters(objects, await objects.treeOf(oid))) trees.push(one);
  const { skipped } = await learn(context, REFS.known, trees);
  if (skipped.length > 0) return;
  await refs.update(partial.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: undefined })));
}
