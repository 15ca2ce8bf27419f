/**
 * A connection may die after a server moved the journal's ref and before its hook ran. Then nothing is merged, and the next
 * push finds nothing to send, so it runs no hook either. Whoever sees that sends the same commit to the inbox: there it is
 * news, so the hook runs, and the merge folds it.
 */
import { REFS } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import { type Clone, ownJournal } from './clone.ts';
import { landingOf } from './landing.ts';
import { mergedTreeOf } from './merged-tree-of.ts';
import type { PushTarget } from './push-journal.ts';
import { isAboutData } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';

/**
 * Starts the merge of a remote that has all of our journal and has not merged it. What the last pull brought may show
 * already that it has; else one ref is asked for. A remote that merges nothing is left alone: pulls read its journals.
 */
export async function wakeMerge(clone: Clone, { remote, ref }: PushTarget): Promise<void> {
  const { refs, transport } = clone.repository;
  const tip = await refs.resolve(ownJournal(clone));
  // A throw-away clone lies in the inbox already.
  if (tip === undefined || ref !== ownJournal(clone)) return;
  const landing = landingOf(remote, REFS.mergedAll);
  const fetched = await refs.resolve(landing);
  if (await isMerged(clone, fetched, tip)) return;
  const offered = (await transport.listRemote(remote, [REFS.mergedAll])).find(({ name }) => name === REFS.mergedAll);
  if (offered === undefined) return;
  if (offered.oid !== fetched) {
    await transport.fetch(remote, [{ from: REFS.mergedAll, to: landing }]);
    if (await isMerged(clone, await refs.resolve(landing), tip)) return;
  }
  const outcomes = await transport.push(remote, [{ from: tip, to: REFS.inbox + clone.writer }]);
  for (const { ref, status, reason } of outcomes) {
    if (status === 'rejected') clone.reporter.warn(`the remote refused ${ref}: ${reason ?? 'it gave no reason'}`);
  }
}

/** True also where the two cannot be compared: then sending it again changes nothing. */
async function isMerged(
  { repository: { objects }, writer }: Clone,
  merged: Oid | undefined,
  tip: Oid,
): Promise<boolean> {
  if (merged === undefined) return false;
  try {
    const theirs = await mergedTreeOf(objects, await objects.treeOf(merged), writer);
    return theirs !== undefined && (await missingPaths(objects, theirs, await objects.treeOf(tip))).length === 0;
  } catch (error) {
    if (!isAboutData(error)) throw error;
    return true;
  }
}
