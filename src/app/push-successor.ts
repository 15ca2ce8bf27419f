/**
 * Pushes the clone's own journal; where it can never get through, as that of a successor. Two things lock a writer out: what
 * it recorded is dated too far ahead for the server, or its ref there holds something that no journal holds.
 */
import { hlcMs, WITNESS_AHEAD_MAX_MS } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { Oid } from '../ports/git.ts';
import { type Clone, openClone, ownJournal } from './clone.ts';
import { latestReading } from './mend-clock.ts';
import { fetchOwn } from './push-commits.ts';
import type { PushTarget } from './push-journal.ts';
import { isDatedAhead } from './push-outcome.ts';
import { pushTarget } from './push-target.ts';
import { readPushed } from './pushed.ts';
import { retireJournals } from './retire-journals.ts';
import { succeed } from './succession.ts';

/** What came of it, and whose journal it was. */
export type SentAs<Result> = { readonly clone: Clone; readonly result: Result };

/**
 * Sends as the writer that the clone is now, who may have changed since `opened`; once more as its successor if need be.
 * @throws CmfError as `send`
 */
export async function pushAsSuccessor<Result>(
  opened: Clone,
  remote: string,
  send: (clone: Clone) => Promise<Result>,
): Promise<SentAs<Result>> {
  const clone = openClone(opened);
  await retireJournals(clone);
  try {
    return { clone, result: await send(clone) };
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    const blockage = await findBlockage(clone, remote, error);
    if (blockage === undefined) throw error;
    const { clone: successor, resealed } = await succeed(clone, clone.writer, blockage.accepted);
    clone.reporter.warn(
      `${blockage.what}: this clone is writer ${successor.writer} from now on, which continues ${clone.writer}; ` +
        `${resealed} records were sealed again`,
    );
    return { clone: successor, result: await send(successor) };
  }
}

type Blockage = {
  readonly what: string;
  /** What counts as accepted; undefined: all that any remote took. */
  readonly accepted: readonly Oid[] | undefined;
};

/** Why this writer will never get through to the remote; undefined where it may. */
async function findBlockage(clone: Clone, remote: string, error: CmfError): Promise<Blockage | undefined> {
  if (isDatedAhead(error)) return datedAhead(clone, remote, error);
  if (error.code !== 'refused' && error.code !== 'damaged') return undefined;
  const target = { remote, ref: await pushTarget(clone) };
  const rule = await whatIsWrongWithTheirs(clone, target);
  if (rule === undefined) return undefined;
  return {
    what: `${target.ref} on ${remoteWithoutCredentials(remote)} is no journal of this writer (${rule})`,
    accepted: undefined,
  };
}

/** A server's refusal, checked against our own clock: where that is as far ahead, sealing again would not help. */
async function datedAhead(clone: Clone, remote: string, error: CmfError): Promise<Blockage> {
  const nowMs = clone.effects.nowMs();
  if (hlcMs(await latestReading(clone)) <= nowMs + WITNESS_AHEAD_MAX_MS) {
    throw new CmfError('refused', {
      message: `${error.message}; by the clock of this machine it is ${new Date(nowMs).toISOString()} now`,
      hint: `set the date of this machine, or of the server; then git cmf push`,
    });
  }
  const pushed = readPushed(clone, remote);
  const what = `${remoteWithoutCredentials(remote)} refuses records that are dated far ahead`;
  return { what, accepted: pushed === undefined ? [] : [pushed] };
}

async function whatIsWrongWithTheirs(clone: Clone, target: PushTarget): Promise<string | undefined> {
  const tip = await clone.repository.refs.resolve(ownJournal(clone));
  try {
    if (tip !== undefined) await fetchOwn(clone, target, tip);
    return undefined;
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return error.code === 'refused' || error.code === 'damaged' ? error.message : undefined;
  }
}
