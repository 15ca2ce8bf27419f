/**
 * The merge in the background: one worker at a time, started after every push, that goes on until nothing is wanted.
 *
 *     <common git dir>/cmf/merge-wanted     a push came in; made by post-receive, removed before the refs are read
 *     <common git dir>/cmf/merge.json       what the last merge did, for `git cmf doctor`
 *     <common git dir>/cmf/valid/<tree>     pre-receive has validated this tree, so the merge need not read it again; a hint,
 *                                           believed once and then removed
 */
import { CmfError } from '../domain/errors.ts';
import type { EntryId } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import { type Context, stateDirectory } from './clone.ts';
import { foldInbox } from './fold-inbox.ts';
import { withLock } from './lock.ts';
import { type MergeReport, mergeOnce } from './merged-trees.ts';
import { refreshNotes } from './notes.ts';

export type WorkerOptions = {
  readonly purged: ReadonlySet<EntryId>;
  /** True: a person asked; merges anew, wanted or not, and waits for a worker that runs. */
  readonly isForced?: boolean;
};

/** What the last merge of a worker did. */
export type WorkerReport =
  | { readonly kind: 'merged'; readonly report: MergeReport; readonly folded: readonly string[] }
  /** Another worker runs; it will see what this one was started for. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'nothing-wanted' };

/**
 * Merges until nothing is wanted. Killed anywhere, the next run ends the work: a merge looks at what is there.
 * @throws CmfError `conflict` or `environment`; the merge stays wanted
 */
export async function runMergeWorker(context: Context, options: WorkerOptions): Promise<WorkerReport> {
  const isForced = options.isForced === true;
  context.disk.makeDirectory(`${stateDirectory(context)}/lock`);
  let last: WorkerReport = { kind: 'nothing-wanted' };
  let merged: WorkerReport | undefined;
  let mustRun = isForced;
  // A push between the last look and the end of the lock found the lock taken: so one more look without it.
  while (mustRun || isWanted(context)) {
    const work = () => mergeUntilQuiet(context, options, mustRun);
    last = (await withLock(context, 'merge', isForced, work)) ?? { kind: 'busy' };
    if (last.kind === 'merged') merged = last;
    if (last.kind === 'busy') break;
    mustRun = false;
  }
  if (merged !== undefined) await noteMerged(context, merged);
  return last;
}

/**
 * Brings the notes up to what was merged. Derived, so their failure is told and takes nothing back; and slow, so other
 * workers may merge meanwhile. One at a time, each reading after the one before: the last has seen all.
 */
async function noteMerged(context: Context, merged: WorkerReport): Promise<void> {
  try {
    await withLock(context, 'notes', true, () => refreshNotes(context));
  } catch (error) {
    remember(context, { ...merged, notes: { error: textOf(error) } });
  }
}

async function mergeUntilQuiet(context: Context, options: WorkerOptions, mustRun: boolean): Promise<WorkerReport> {
  let last: WorkerReport = { kind: 'nothing-wanted' };
  for (let isFirst = mustRun; isFirst || isWanted(context); isFirst = false) {
    context.disk.remove(wantedPath(context));
    try {
      last = await mergeAndFold(context, options, isFirst);
    } catch (error) {
      wantMerge(context);
      remember(context, { error: textOf(error) });
      throw error;
    }
    remember(context, last);
  }
  return last;
}

async function mergeAndFold(context: Context, { purged }: WorkerOptions, isFresh: boolean): Promise<WorkerReport> {
  const { repository, effects, disk } = context;
  const directory = validDirectory(context);
  const names = disk.list(directory);
  // Who asks for everything anew asks for a look at everything.
  const validated = new Set(isFresh ? [] : (names as Oid[]));
  const nowSeconds = Math.floor(effects.nowMs() / 1000);
  const report = await mergeOnce(repository, { nowSeconds, purged, isFresh, validated });
  for (const name of names) disk.remove(`${directory}/${name}`);
  const unsound = new Set(report.skipped.map(({ ref }) => ref));
  const folded = await foldInbox(repository, nowSeconds, (ref) => !unsound.has(ref));
  return { kind: 'merged', report, folded };
}

/** True when a push has come in that no merge has looked at yet. */
export function isWanted(context: Context): boolean {
  return context.disk.stat(wantedPath(context)) !== undefined;
}

/** Has what is there merged by the next worker, whoever starts it. */
export function wantMerge(context: Context): void {
  context.disk.writeHint(wantedPath(context), '');
}

/** Leaves word for the next merge that these trees have been validated here. */
export function rememberValidated(context: Context, trees: readonly Oid[]): void {
  const directory = validDirectory(context);
  context.disk.makeDirectory(directory);
  for (const tree of trees) context.disk.writeHint(`${directory}/${tree}`, '');
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
