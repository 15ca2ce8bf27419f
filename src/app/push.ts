/**
 * Push: this clone's journal to a remote. Only the journal's own ref is sent; code is the user's business.
 */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import type { Oid, PushOutcome } from '../ports/git.ts';
import { type Clone, ownJournal } from './clone.ts';
import { flush } from './flush.ts';
import { validateJournalTree } from './journal-tree.ts';
import { rememberPushed } from './pushed.ts';
import { missingPaths } from './unite-trees.ts';

export type PushReport = {
  readonly remote: string;
  readonly ref: string;
  readonly status: 'pushed' | 'up-to-date' | 'nothing-recorded';
  /** Entries that this push moved from the log into the journal. */
  readonly flushed: number;
};

/** How often a push begins again after uniting with what the remote had, or after losing a race for its ref. */
const TRIES_MAX = 10;
const PAUSE_MS = 50;

/**
 * Journals what the logs hold and pushes the journal.
 * @throws CmfError `no-remote`; `refused` with the server's own words; `conflict` after TRIES_MAX lost races
 */
export async function push(clone: Clone, remote: string): Promise<PushReport> {
  const { entries, damaged } = await flush(clone, { wait: true, live: true });
  if (damaged.length > 0)
    clone.reporter.warn(`${damaged.length} logs hold lines that cannot be pushed: git cmf doctor`);
  const ref = ownJournal(clone);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const tip = await clone.repository.refs.resolve(ref);
    if (tip === undefined) return { remote, ref, status: 'nothing-recorded', flushed: 0 };
    const outcome = await pushTip(clone, remote, tip);
    const theirs = outcome.status === 'rejected' ? await remoteTip(clone, remote) : tip;
    if (theirs === tip) {
      // A rejected tip that is there all the same was brought by another process of this clone.
      rememberPushed(clone, remote, tip);
      return { remote, ref, status: outcome.status === 'ok' ? 'pushed' : 'up-to-date', flushed: entries };
    }
    if (theirs !== undefined && !(await isKnownAncestor(clone, theirs, tip))) await uniteWithRemote(clone, remote, tip);
    else if (isLostRace(outcome)) await clone.effects.sleep(PAUSE_MS * (tries + 1));
    else throw rejected(outcome);
  }
  throw new CmfError('conflict', {
    message: `${ref} on ${remote} was moved by others ${TRIES_MAX} times in a row`,
    hint: `git cmf push ${remote}`,
  });
}

async function remoteTip(clone: Clone, remote: string): Promise<Oid | undefined> {
  const ref = ownJournal(clone);
  return (await clone.repository.transport.listRemote(remote, [ref])).find(({ name }) => name === ref)?.oid;
}

/** True if the server could not move the ref because somebody else just did: git's words for it since 2.20. */
function isLostRace({ reason = '' }: PushOutcome): boolean {
  return /^(?:failed to update ref|failed to lock|cannot lock ref|incorrect old value|fetch first|non-fast-forward|stale info)/m.test(
    reason,
  );
}

async function pushTip(clone: Clone, remote: string, tip: Oid): Promise<PushOutcome> {
  const [outcome] = await clone.repository.transport.push(remote, [{ from: tip, to: ownJournal(clone) }]);
  if (outcome === undefined) throw new CmfError('internal', { message: 'git push reported no ref' });
  return outcome;
}

function rejected(outcome: PushOutcome): CmfError {
  return new CmfError('refused', {
    message: `the remote refused ${outcome.ref}: ${outcome.reason ?? 'it gave no reason'}`,
    hint: 'the records are safe in this clone; ask the admin of the remote, then git cmf push',
  });
}

/**
 * Where the remote's copy of our own journal has something that ours lacks (a copied clone, a restored backup), brings it
 * in: both trees are united path by path, in a commit on top of both.
 */
async function uniteWithRemote(clone: Clone, remote: string, tip: Oid): Promise<void> {
  const { refs, objects, transport, writer } = clone.repository;
  const ref = ownJournal(clone);
  const landing = `${REFS.incoming}own/${clone.writer}`;
  await transport.fetch(remote, [{ from: ref, to: landing }]);
  const fetched = await refs.resolve(landing);
  if (fetched === undefined) return;
  const ours = await objects.treeOf(tip);
  const tree = await objects.treeOf(fetched);
  await validateJournalTree(objects, { tree, writer: clone.writer, base: undefined, purged: new Set() });
  // Lost or not: the next round begins with what the ref is now.
  await writer.commit({
    ref,
    expected: tip,
    parents: [tip, fetched],
    changes: await missingPaths(objects, ours, tree),
    message: 'cmf: united with the remote\n',
    timeSeconds: Math.floor(clone.effects.nowMs() / 1000),
  });
}

async function isKnownAncestor(clone: Clone, theirs: Oid, tip: Oid): Promise<boolean> {
  const { objects, refs } = clone.repository;
  return (await objects.info(theirs)) !== undefined && refs.isAncestor(theirs, tip);
}
