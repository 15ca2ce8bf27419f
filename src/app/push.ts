/**
 * Push: this clone's journal to a remote. Only the journal's own ref is sent; code is the user's business.
 */
import { CmfError } from '../domain/errors.ts';
import type { Clone } from './clone.ts';
import { flush } from './flush.ts';
import type { JournalLimits } from './journal-limits.ts';
import { refreshNotesAfter } from './notes.ts';
import { obeyRemote } from './obey-remote.ts';
import { type PushTarget, pushJournal } from './push-journal.ts';
import { STEP_LIMITS } from './push-steps.ts';
import { pushAsSuccessor } from './push-successor.ts';
import { pushTarget } from './push-target.ts';
import { type LeftOut, pushWithout } from './push-without.ts';
import { relayFormer } from './relay-former.ts';
import { recordQueuedRewrites } from './rewritten.ts';
import { noteRefusal, withWayOn } from './strange-purges.ts';
import { wakeMerge } from './wake-merge.ts';

export type PushReport = {
  readonly remote: string;
  readonly ref: string;
  readonly status: 'pushed' | 'up-to-date' | 'nothing-recorded';
  /** Entries that this push moved from the log into the journal. */
  readonly flushed: number;
  /** What the remote has purged, by keys that are not pinned here, so that it was not sent. */
  readonly leftOut: LeftOut | undefined;
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
    return pushObeying(writer, target, limits);
  });
  if (result.status === 'up-to-date') await wakeMerge(clone, result);
  await relayFormer(clone, remote, limits);
  if (result.status !== 'nothing-recorded') await refreshNotesAfter(clone);
  return { ...result, flushed: entries };
}

type Sent = Omit<PushReport, 'flushed'>;

/**
 * Pushes; a remote that refuses what was purged there is obeyed, where its admin's key is pinned. Where it is not, what was
 * purged is left out.
 */
async function pushObeying(clone: Clone, target: PushTarget, limits: JournalLimits): Promise<Sent> {
  try {
    return await pushOnce(clone, target, limits);
  } catch (error) {
    if (!(error instanceof CmfError && error.code === 'refused')) throw error;
    const { remote } = target;
    const isObeyed = await obeyRemote(clone, remote);
    if (!(await noteRefusal(clone, remote, error)) && !isObeyed) throw await withWayOn(clone, remote, error);
    return pushOnce(clone, target, limits).catch(async (again: unknown) => {
      throw again instanceof CmfError ? await withWayOn(clone, remote, again) : again;
    });
  }
}

async function pushOnce(clone: Clone, target: PushTarget, limits: JournalLimits): Promise<Sent> {
  const without = await pushWithout(clone, target.remote, limits);
  if (without !== undefined) return { remote: target.remote, ...without };
  return { ...target, status: await pushJournal(clone, target, limits), leftOut: undefined };
}
