/**
 * Purges carried out in a clone: its journals, what it learned, its logs and its notes are rid of the purged bytes. Refs
 * that held them are restarted without history. What stays behind are unreachable objects, which git collects.
 */
import { REFS, type WriterId } from '../domain/ids.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { Oid, Ref, RefUpdate } from '../ports/git.ts';
import { type Context, isInitialised, openClone } from './clone.ts';
import { type KnownPurges, readPurges } from './control.ts';
import { flush } from './flush.ts';
import { forgetRetired } from './forget-retired.ts';
import { isCarriedOut, purgeMark, rememberPurges } from './purge-mark.ts';
import { ifSound, type Purged, purgeMergedTree, purgeTree } from './purge-tree.ts';
import { forgetPushed } from './pushed.ts';
import { restartNotes } from './restart-notes.ts';
import { restartRef } from './restart-ref.ts';

export type ApplyOptions = {
  /** Looks through everything, also when that has been done for these purges before. */
  readonly isForced?: boolean;
  /** Refs of fetches to leave as they are: whoever fetched them looks at them next. */
  readonly keep?: ReadonlySet<string>;
};

/** What was done. */
export type AppliedPurges = {
  /** Refs that were restarted. */
  readonly restarted: readonly string[];
  readonly purges: KnownPurges;
};

const TRIES_MAX = 20;

/**
 * Carries out the purges that this clone knows and obeys. Level-triggered: killed anywhere, the next call ends the work.
 * What cannot be read stays as it is, as it is in no view either.
 */
export async function applyPurges(context: Context, options: ApplyOptions = {}): Promise<AppliedPurges> {
  const purges = await readPurges(context);
  const wasDone = isCarriedOut(context, purges);
  if ((wasDone && options.isForced !== true) || purges.applied.size === 0) return { restarted: [], purges };
  // From now on a flush leaves purged lines out; then what the logs hold goes through it.
  rememberPurges(context, '', []);
  if (isInitialised(context)) await flush(openClone(context), { wait: true, live: true });
  // Before anything restarts: after a kill, whoever goes on may find nothing left to restart.
  if (!wasDone) await forgetTips(context);
  const removed = new Set<Oid>();
  const restarted: string[] = [];
  // One time for all: refs that were equal stay equal.
  const work = { purged: purges.applied, removed, timeSeconds: Math.floor(context.effects.nowMs() / 1000) };
  for (const { name } of await context.repository.refs.list(PURGED_REFS)) {
    if (await purgeRef(context, name, work)) restarted.push(name);
  }
  if (restarted.length > 0) await forgetTips(context);
  await dropUnread(context, options.keep ?? new Set());
  await restartNotes(context);
  rememberPurges(context, purgeMark(purges), removed);
  return { restarted, purges };
}

/** Nothing goes on from a tip whose history must go. */
async function forgetTips(context: Context): Promise<void> {
  forgetPushed(context);
  await forgetRetired(context);
}

const PURGED_REFS: readonly string[] = [REFS.journal, REFS.retired, REFS.known, REFS.partial];

/** A tree without purged bytes, and the files that held them. */
type Cleaned = Pick<Purged, 'tree' | 'removed'>;

type Work = { readonly purged: PurgedIds; readonly removed: Set<Oid>; readonly timeSeconds: number };

/** @returns true when the ref was restarted */
async function purgeRef(context: Context, name: string, { purged, removed, timeSeconds }: Work): Promise<boolean> {
  const { refs } = context.repository;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const oid = await refs.resolve(name);
    if (oid === undefined) return false;
    const clean = await ifSound(() => cleanCommit(context, { name, oid }, purged));
    if (clean === undefined || clean.removed.length === 0) return false;
    const request = { ref: name, expected: oid, tree: clean.tree, timeSeconds };
    for (const file of clean.removed) removed.add(file);
    // While it still says which: nobody can tell afterwards.
    rememberPurges(context, '', removed);
    if (await restartRef(context.repository, request)) return true;
  }
  return false;
}

async function cleanCommit({ repository }: Context, { name, oid }: Ref, purged: PurgedIds): Promise<Cleaned> {
  const tree = await repository.objects.treeOf(oid);
  const prefix = [REFS.journal, REFS.retired].find((one) => name.startsWith(one));
  if (prefix === undefined) return purgeMergedTree(repository, tree, purged);
  const writer = name.slice(prefix.length).split('/')[0] as WriterId;
  return purgeTree(repository, { writer, tree }, purged);
}

/**
 * Lets go of what was fetched and never became part of what is known here. That a pull left something out stays known,
 * without its bytes.
 */
async function dropUnread({ repository }: Context, keep: ReadonlySet<string>): Promise<void> {
  const { refs, writer } = repository;
  const fetched = (await refs.list([REFS.incoming])).filter(({ name }) => !keep.has(name));
  const skipped = await refs.list([REFS.skipped]);
  const nothing = skipped.length === 0 ? undefined : await writer.writeTree(undefined, []);
  const updates = [
    ...fetched.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: undefined })),
    ...skipped.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: nothing })),
  ];
  // One by one: whoever moves one of them meanwhile has read the purges himself.
  for (const update of updates) await refs.update([update]);
}
