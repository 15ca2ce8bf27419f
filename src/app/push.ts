/**
 * Push: this clone's journal to a remote. Only the journal's own ref is sent; code is the user's business.
 */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import type { Clone } from './clone.ts';
import { flush } from './flush.ts';
import type { JournalLimits } from './journal-limits.ts';
import { refreshNotesAfter } from './notes.ts';
import { obeyRemote } from './obey-remote.ts';
import { type PushTarget, pushJournal } from './push-journal.ts';
import { STEP_LIMITS } from './push-steps.ts';
import { pushAsSuccessor } from './push-successor.ts';
import { pushTarget } from './push-target.ts';
import { mergedWriters } from './read-state.ts';
import { recordQueuedRewrites } from './rewritten.ts';
import { wakeMerge } from './wake-merge.ts';

export type PushReport = {
  readonly remote: string;
  readonly ref: string;
  readonly status: 'pushed' | 'up-to-date' | 'nothing-recorded';
  /** Entries that this push moved from the log into the journal. */
  readonly flushed: number;
};

/**
 * Journals what the logs hold and hooks left, and pushes the journal.
 * @param limits what one step may bring
 * @throws CmfError `no-remote`; `refused` with the server's own words; `conflict` after TRIES_MAX lost races
 */
export async function push(opened: Clone, remote: string, limits: JournalLimits = STEP_LIMITS): Promise<PushReport> {
  recordQueuedRewrites(opened);
  const { entries, damaged } = await flush(opened, { wait: true, live: true });
  if (damaged.length > 0)
    opened.reporter.warn(`${damaged.length} logs hold lines that cannot be pushed: git cmf doctor`);
  const { clone, result } = await pushAsSuccessor(opened, remote, async (writer) => {
    const target = { remote, ref: await pushTarget(writer) };
    return { ...target, status: await pushObeying(writer, target, limits) };
  });
  if (result.status === 'up-to-date') await wakeMerge(clone, result);
  await relayOthers(clone, remote);
  if (result.status !== 'nothing-recorded') await refreshNotesAfter(clone);
  return { ...result, flushed: entries };
}

/** Pushes; a remote that refuses what was purged there is obeyed, where its admin's key is pinned, and asked once more. */
async function pushObeying(clone: Clone, target: PushTarget, limits: JournalLimits): Promise<PushReport['status']> {
  try {
    return await pushJournal(clone, target, limits);
  } catch (error) {
    const isRefused = error instanceof CmfError && error.code === 'refused';
    if (!isRefused || !(await obeyRemote(clone, target.remote))) throw error;
    return pushJournal(clone, target, limits);
  }
}

/**
 * Journals of former writers of this clone, which nobody else would push, go to the remote's inbox: they are signed, so
 * anyone may bring them. What this clone learned from others it does not send back.
 */
async function relayOthers(clone: Clone, remote: string): Promise<void> {
  const { refs, objects, transport } = clone.repository;
  const known = await refs.resolve(REFS.known);
  const learned = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  const trees = new Map(learned.map(({ writer, tree }) => [writer, tree]));
  const specs: { from: Oid; to: string }[] = [];
  for (const { name, oid } of await refs.list([REFS.journal])) {
    const meaning = meaningOfRef(name);
    if (meaning?.kind !== 'journal' || meaning.writer === clone.writer) continue;
    if (trees.get(meaning.writer) !== (await objects.treeOf(oid)))
      specs.push({ from: oid, to: REFS.inbox + meaning.writer });
  }
  if (specs.length === 0) return;
  for (const { ref, status, reason } of await transport.push(remote, specs)) {
    if (status === 'rejected') clone.reporter.warn(`the remote refused ${ref}: ${reason ?? 'it gave no reason'}`);
  }
}
