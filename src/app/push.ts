/**
 * Push: this clone's journal to a remote. Only the journal's own ref is sent; code is the user's business.
 */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS } from '../domain/ids.ts';
import type { Oid, PushOutcome, TreeChange } from '../ports/git.ts';
import { type Clone, ownJournal } from './clone.ts';
import { flush } from './flush.ts';
import { checkJournalTree } from './journal-tree.ts';
import { refreshNotesAfter } from './notes.ts';
import { rememberPushed } from './pushed.ts';
import { mergedWriters } from './read-state.ts';
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
  const status = await pushJournal(clone, remote);
  await relayOthers(clone, remote);
  if (status !== 'nothing-recorded') await refreshNotesAfter(clone);
  return { remote, ref: ownJournal(clone), status, flushed: entries };
}

async function pushJournal(clone: Clone, remote: string): Promise<PushReport['status']> {
  const ref = ownJournal(clone);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const tip = await clone.repository.refs.resolve(ref);
    if (tip === undefined) return 'nothing-recorded';
    const outcome = await pushTip(clone, remote, tip);
    const theirs = outcome.status === 'rejected' ? await remoteTip(clone, remote) : tip;
    if (theirs === tip) {
      // A rejected tip that is there all the same was brought by another process of this clone.
      rememberPushed(clone, remote, tip);
      return outcome.status === 'ok' ? 'pushed' : 'up-to-date';
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
 * Where the remote's copy of our own journal has another history than ours (a copied clone, a restored backup), brings it
 * in: what ours has and theirs lacks goes on top of theirs, path by path, in a commit that continues both. When ours has
 * nothing more, our ref simply moves on to theirs.
 */
async function uniteWithRemote(clone: Clone, remote: string, tip: Oid): Promise<void> {
  const { refs, objects, transport } = clone.repository;
  const ref = ownJournal(clone);
  const landing = `${REFS.incoming}own/${clone.writer}`;
  await transport.fetch(remote, [{ from: ref, to: landing }]);
  const theirs = await refs.resolve(landing);
  if (theirs === undefined) return;
  const ours = await objects.treeOf(tip);
  const tree = await objects.treeOf(theirs);
  const request = { tree, writer: clone.writer, base: ours, purged: new Set<never>(), allowMissingFromBase: true };
  await checkJournalTree(objects, request, () => undefined);
  const changes = await missingPaths(objects, tree, ours);
  // Lost or not: the next round begins with what the ref is now.
  if (changes.length === 0) await refs.update([{ name: ref, to: theirs, expected: tip }]);
  else await continueBoth(clone, { theirs, tip, changes });
}

/** Moves our ref to a commit with two parents. It is made on a ref of its own: its tree may well be the one that we have. */
async function continueBoth(
  clone: Clone,
  union: { readonly theirs: Oid; readonly tip: Oid; readonly changes: readonly TreeChange[] },
): Promise<void> {
  const { refs, writer } = clone.repository;
  const temporary = `${REFS.temporary}${Buffer.from(clone.effects.randomBytes(8)).toString('hex')}`;
  const result = await writer.commit({
    ref: temporary,
    expected: undefined,
    parents: [union.theirs, union.tip],
    changes: union.changes,
    message: 'cmf: united with the remote\n',
    timeSeconds: Math.floor(clone.effects.nowMs() / 1000),
  });
  if (result.kind !== 'moved') return;
  await refs.update([{ name: ownJournal(clone), to: result.commit, expected: union.tip }]);
  await refs.update([{ name: temporary, to: undefined, expected: result.commit }]);
}

async function isKnownAncestor(clone: Clone, theirs: Oid, tip: Oid): Promise<boolean> {
  const { objects, refs } = clone.repository;
  return (await objects.info(theirs)) !== undefined && refs.isAncestor(theirs, tip);
}
