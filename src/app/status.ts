/** What a clone is, what runs in it, and what of it others do not have yet. */

import type { Said } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import type { ExecutionId, WriterId } from '../domain/ids.ts';
import type { JournalState } from '../domain/join.ts';
import { viewOf } from '../domain/view.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { Oid } from '../ports/git.ts';
import {
  type Clone,
  type Context,
  isInitialised,
  openClone,
  ownJournal,
  stateDirectory,
  walDirectory,
} from './clone.ts';
import { journaledLines } from './flush-hint.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import { keptWriters } from './keyring.ts';
import { readPushed } from './pushed.ts';
import { readState } from './read-state.ts';
import { chooseRemote } from './remote.ts';
import { listRunning, type Running } from './running.ts';
import { idsOf, strangePurges } from './strange-purges.ts';
import { findWals } from './wal.ts';

export type StatusReport = {
  /** Undefined where this repository only reads, like a central one. */
  readonly writer: WriterId | undefined;
  readonly remote: string | undefined;
  readonly worktree: string | undefined;
  /** Running executions that this work tree started, oldest first. */
  readonly runningHere: readonly Running[];
  /** Those of other work trees of this clone. */
  readonly runningElsewhere: readonly Running[];
  /** Executions of other clones that have not ended, as far as is known here. */
  readonly runningAtOthers: readonly ExecutionId[];
  /** Records that are durable and not in git yet. */
  readonly log: { readonly records: number; readonly files: number };
  /** Entries that the remote does not have; undefined when nothing was ever pushed to it, or there is none. */
  readonly notPushed: number;
  readonly neverPushed: boolean;
  readonly executions: number;
  /** Records of this clone that the remote has purged, by keys that are not pinned here: they are not sent there. */
  readonly leftOut: number;
  /** Why what is known here may be less than the whole. */
  readonly partial: readonly string[];
  /** Subjects of which a newer git cmf said something that must not be ignored. */
  readonly needsNewer: readonly string[];
  /** Kinds of entries that this version does not know, and how many. */
  readonly unknownKinds: ReadonlyMap<string, number>;
};

/** Collects the status. Reads only; asks no remote. */
export async function statusOf(context: Context): Promise<StatusReport> {
  const clone = isInitialised(context) ? openClone(context) : undefined;
  const { state, partial } = await readState(context);
  const view = viewOf(state);
  const running = listRunning(context);
  const place = context.repository.layout.worktree ?? context.repository.layout.gitDir;
  const own = new Set<string>(running.map(({ execution }) => execution));
  const log = await logOf(context, clone);
  const remote = await remoteOf(context);
  const waiting = clone === undefined ? { entries: 0, never: false } : await notPushed(clone, remote);
  return {
    writer: clone?.writer,
    remote: remote === undefined ? undefined : remoteWithoutCredentials(remote),
    worktree: context.repository.layout.worktree,
    runningHere: running.filter(({ worktree }) => worktree === place),
    runningElsewhere: running.filter(({ worktree }) => worktree !== place),
    runningAtOthers: [...view.executions.values()]
      .filter(({ status, id }) => status === 'running' && !own.has(id))
      .map(({ id }) => id),
    log,
    notPushed: waiting.entries + (clone === undefined ? 0 : log.records),
    neverPushed: waiting.never,
    leftOut: clone === undefined || remote === undefined ? 0 : await countLeftOut(clone, remote, state),
    executions: view.executions.size,
    partial,
    needsNewer: view.needsNewer,
    unknownKinds: view.unknownKinds,
  };
}

/** Lines of logs that the journal does not hold yet; a push journals also those of processes that go on. */
async function logOf(context: Context, clone: Clone | undefined): Promise<StatusReport['log']> {
  const wals = findWals(context.disk, walDirectory(context));
  const journaled = clone === undefined ? new Map<string, number>() : await journaledLines(clone);
  const waiting = wals.map(({ name, lines }) => Math.max(0, lines.length - (journaled.get(name) ?? 0)));
  return { records: waiting.reduce((sum, one) => sum + one, 0), files: waiting.filter((one) => one > 0).length };
}

async function remoteOf(context: Context): Promise<string | undefined> {
  try {
    return await chooseRemote(context, []);
  } catch (error) {
    if (error instanceof CmfError && error.code === 'no-remote') return undefined;
    throw error;
  }
}

async function countLeftOut(clone: Clone, remote: string, { entries }: JournalState): Promise<number> {
  const purged = idsOf(await strangePurges(clone, remote));
  if (purged.size === 0) return 0;
  const own = new Set([clone.writer, ...keptWriters(clone.disk, stateDirectory(clone))]);
  const isNamed = ({ id, was }: Said) => purged.has(id) || (was !== undefined && purged.has(was.id));
  return [...entries.values()].filter((entry) => own.has(entry.writer) && isNamed(entry)).length;
}

/** Journaled entries that came after what was pushed last. */
async function notPushed(
  clone: Clone,
  remote: string | undefined,
): Promise<{ readonly entries: number; readonly never: boolean }> {
  const { refs, objects } = clone.repository;
  const tip = await refs.resolve(ownJournal(clone));
  const pushed = remote === undefined ? undefined : readPushed(clone, remote);
  if (tip === undefined || tip === pushed) return { entries: 0, never: pushed === undefined };
  const before = pushed === undefined ? new Map<string, Oid>() : await pathsBefore(clone, pushed);
  const now = await pathsOf(objects, await objects.treeOf(tip));
  const added = new Map([...now].filter(([path]) => !before.has(path)));
  let entries = 0;
  for await (const { header } of readSegments(objects, added, clone.identity.key)) entries += header.count;
  return { entries, never: pushed === undefined };
}

async function pathsBefore(clone: Clone, pushed: Oid): Promise<Map<string, Oid>> {
  const { objects } = clone.repository;
  const isHere = (await objects.info(pushed)) !== undefined;
  return isHere ? pathsOf(objects, await objects.treeOf(pushed)) : new Map();
}
