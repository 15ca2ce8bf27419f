/**
 * A writer that cannot go on is succeeded by another, which it names with its own key: its clock had run days ahead, or its
 * ref on a remote holds something that no push can move. Nothing that was recorded is lost: what no remote has accepted is
 * sealed again by the successor.
 *
 * In this order, so that a crash anywhere leaves a clone that works, and the next push ends the work:
 *   1. what the logs hold is journaled;
 *   2. the clone becomes the successor (mint-writer.ts);
 *   3. in one step, the successor's journal gains what was sealed again, the old journal goes back to what was accepted, and
 *      what it was is kept below REFS.retired.
 */
import type { WriterId } from '../domain/ids.ts';
import type { PublicKey } from '../domain/signature.ts';
import { endorse, PREDECESSORS_MAX, type Predecessor } from '../domain/writer-record.ts';
import type { Oid } from '../ports/git.ts';
import { type Clone, type Context, openClone, stateDirectory } from './clone.ts';
import { flush } from './flush.ts';
import { findIdentity, type Identity } from './keyring.ts';
import { withLock } from './lock.ts';
import { mintWriter } from './mint-writer.ts';
import { retireJournals } from './retire-journals.ts';
import { listRunning, noteShared } from './running.ts';

/** What became of a clone that could not go on. */
export type Succession = {
  readonly clone: Clone;
  /** Entries that were sealed again. */
  readonly resealed: number;
};

/**
 * Gives the clone a successor of this writer; where it has one already, only ends what was begun.
 * @param accepted what counts as accepted of its journal; all that any remote took, unless given
 * @throws CmfError `conflict`, `environment`
 */
export async function succeed(context: Context, from: WriterId, accepted?: readonly Oid[]): Promise<Succession> {
  const done = await withLock(context, 'identity', true, async () => {
    const clone = await successorOf(context, from);
    return { clone, resealed: await retireJournals(clone, accepted && { writer: from, tips: accepted }) };
  });
  return done ?? { clone: openClone(context), resealed: 0 };
}

async function successorOf(context: Context, from: WriterId): Promise<Clone> {
  const old = openClone(context);
  if (old.writer !== from) return old;
  await flush(old, { wait: true, live: true });
  const clone = mintWriter(old, (key) => predecessorsOf(old, key));
  // What the old writer said may be dated later than what the new one will say: it must be named to be replaced.
  for (const { execution } of listRunning(clone)) noteShared(clone, execution);
  return clone;
}

/** All that the old writer continues too, nearest first, as many as there is room for; one whose key is gone cannot name anybody any more. */
export function predecessorsOf(old: Identity & Pick<Context, 'disk' | 'repository'>, key: PublicKey): Predecessor[] {
  const before = old.identity.predecessors.flatMap(({ writer }) => {
    const identity = findIdentity(old.disk, stateDirectory(old), writer);
    return identity === undefined ? [] : [endorse(identity.secret, key)];
  });
  return [endorse(old.secret, key), ...before].slice(0, PREDECESSORS_MAX);
}
