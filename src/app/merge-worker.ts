/**
 * The merge in the background: one worker at a time, started after every push, that goes on until nothing is wanted.
 *
 *     <common git dir>/cmf/merge-wanted     a push came in; made by post-receive, removed before the refs are read
 *     <common git dir>/cmf/merge.json       what the last merge did, for `git cmf doctor`
 *     <common git dir>/cmf/valid/<tree>     pre-receive has validated this tree, so the merge need not read it again; a hint,
 *                                           believed once and then removed; it names the purges that were known then
 */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS } from '../domain/ids.ts';
import type { Oid, Ref } from '../ports/git.ts';
import { cleanSources } from './clean-sources.ts';
import { type Context, stateDirectory } from './clone.ts';
import { readPurges } from './control.ts';
import { foldRefs } from './fold-refs.ts';
import { idleJournals } from './idle-journals.ts';
import { withLock } from './lock.ts';
import { type MergeReport, mergeOnce } from './merged-trees.ts';
import { refreshNotes } from './notes.ts';
import { atNotesPace } from './notes-pace.ts';
import { takeNotesTurn } from './notes-turn.ts';
import { isCarriedOut, purgeMark, rememberPurges } from './purge-mark.ts';
import { restartNotes } from './restart-notes.ts';
import type { SkippedRef } from './writer-union.ts';

export type WorkerOptions = {
  /** True: a person asked; merges anew, wanted or not, and waits for a worker that runs. */
  readonly isForced?: boolean;
};

/** What the last merge of a worker did. */
export type WorkerReport =
  | {
      readonly kind: 'merged';
      readonly report: MergeReport;
      readonly folded: readonly string[];
      /** Refs that held purged bytes and are gone. */
      readonly purged: readonly string[];
    }
  /** Another worker runs; it will see what this one was started for. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'nothing-wanted' };

/**
 * Merges until nothing is wanted. Killed anywhere, the next run ends the work: a merge looks at what is there.
 * @throws CmfError `conflict` or `environment`; the merge stays wanted
 */
export async function runMergeWorker(context: Context, options: WorkerOptions = {}): Promise<WorkerReport> {
  const isForced = options.isForced === true;
  context.disk.makeDirectory(`${stateDirectory(context)}/lock`);
  let last: WorkerReport = { kind: 'nothing-wanted' };
  let merged: WorkerReport | undefined;
  let mustRun = isForced;
  // A push between the last look and the end of the lock found the lock taken: so one more look without it.
  while (mustRun || isWanted(context)) {
    const work = () => mergeUntilQuiet(context, mustRun);
    last = (await withLock(context, 'merge', isForced, work)) ?? { kind: 'busy' };
    if (last.kind === 'merged') merged = last;
    if (last.kind === 'busy') break;
    mustRun = false;
  }
  if (merged !== undefined) await noteMerged(context, merged, isForced);
  return last;
}

/**
 * Brings the notes up to what was merged. Derived, so their failure is told and takes nothing back; and slow, so the merge's
 * lock is free by now, and a worker that finds another one making them leaves it to that one. Who asks for a merge gets them
 * at once.
 */
async function noteMerged(context: Context, merged: WorkerReport, isForced: boolean): Promise<void> {
  try {
    const refresh = () => refreshNotes(context);
    await takeNotesTurn(context, isForced, isForced ? refresh : () => atNotesPace(context, refresh));
  } catch (error) {
    remember(context, { ...merged, notes: { error: textOf(error) } });
  }
}

async function mergeUntilQuiet(context: Context, mustRun: boolean): Promise<WorkerReport> {
  let last: WorkerReport = { kind: 'nothing-wanted' };
  for (let isFirst = mustRun; isFirst || isWanted(context); isFirst = false) {
    forgetWanted(context);
    try {
      last = await mergeAndFold(context, isFirst);
    } catch (error) {
      wantMerge(context);
      remember(context, { error: textOf(error) });
      throw error;
    }
    remember(context, last);
  }
  return last;
}

async function mergeAndFold(context: Context, isFresh: boolean): Promise<WorkerReport> {
  const { repository, effects, disk } = context;
  const nowSeconds = Math.floor(effects.nowMs() / 1000);
  const purges = await readPurges(context);
  const purged = purges.applied;
  // A purge that nobody has carried out yet: what was merged or validated before is not to be trusted.
  const isRestart = !isCarriedOut(context, purges);
  const cleaned = isRestart ? await cleanSources(repository, { purged, nowSeconds }) : NOTHING_CLEANED;
  // What is folded has been merged, so it is listed first; what moves meanwhile stays.
  const foldable = [...(await repository.refs.list([REFS.inbox])), ...(await idleJournals(context, isFresh))];
  const hints = disk.list(validDirectory(context));
  // Who asks for everything anew asks for a look at everything.
  const validated = isFresh || isRestart ? [] : hints.filter((name) => isBelieved(context, name, purgeMark(purges)));
  const report = await mergeOnce(repository, {
    nowSeconds,
    purged,
    isFresh,
    isRestart,
    validated: new Set(validated as Oid[]),
  });
  for (const name of hints) disk.remove(`${validDirectory(context)}/${name}`);
  // Refs that were judged before the purge and moved after it.
  const only = new Set(report.unclean);
  const late = only.size > 0 ? await cleanSources(repository, { purged, nowSeconds, only }) : NOTHING_CLEANED;
  const folding = foldable.filter((ref) => !only.has(ref.name) && isWholeWriter(ref, report.skipped));
  const folded = await foldRefs(repository, nowSeconds, folding);
  if (isRestart) await restartNotes(context);
  if (isRestart || only.size > 0) {
    rememberPurges(context, purgeMark(purges), [...cleaned.removed, ...late.removed]);
  }
  return { kind: 'merged', report, folded, purged: [...cleaned.refs, ...late.refs] };
}

/**
 * False while anything of its writer was left out: two sources united, one of them unsound, make an unsound archive, and then
 * the sound one would be gone.
 */
function isWholeWriter({ name }: Ref, skipped: readonly SkippedRef[]): boolean {
  const meaning = meaningOfRef(name);
  if (meaning?.kind !== 'journal' && meaning?.kind !== 'inbox') return false;
  return skipped.every(
    ({ ref, writer }) => writer !== meaning.writer && (writer !== undefined || ref !== REFS.archive),
  );
}

const NOTHING_CLEANED = { refs: [], removed: [] };

/** True when a push has come in that no merge has looked at yet. */
export function isWanted(context: Context): boolean {
  return context.disk.stat(wantedPath(context)) !== undefined;
}

/** The next worker has nothing to do: what is there will be looked at, or is not to be merged. */
export function forgetWanted(context: Context): void {
  context.disk.remove(wantedPath(context));
}

/** Has what is there merged by the next worker, whoever starts it. */
export function wantMerge(context: Context): void {
  context.disk.writeHint(wantedPath(context), '');
}

/**
 * Leaves word for the next merge that these trees have been validated here.
 * @param mark the purges that were known then
 */
export function rememberValidated(context: Context, trees: readonly Oid[], mark: string): void {
  const directory = validDirectory(context);
  context.disk.makeDirectory(directory);
  for (const tree of trees) context.disk.writeHint(`${directory}/${tree}`, mark);
}

/** A tree that was validated before a purge may hold what was purged. */
function isBelieved(context: Context, tree: string, mark: string): boolean {
  const bytes = context.disk.read(`${validDirectory(context)}/${tree}`);
  return bytes !== undefined && Buffer.from(bytes).toString('utf8') === mark;
}

function validDirectory(context: Context): string {
  return `${stateDirectory(context)}/valid`;
}

function wantedPath(context: Context): string {
  return `${stateDirectory(context)}/merge-wanted`;
}

function textOf(error: unknown): string {
  return error instanceof CmfError ? error.message : String(error);
}

type Failure = { readonly error: string };

function remember(context: Context, what: Failure | (WorkerReport & { readonly notes?: Failure })): void {
  const text = JSON.stringify({ atMs: context.effects.nowMs(), ...what });
  context.disk.writeHint(`${stateDirectory(context)}/merge.json`, `${text}\n`);
}
