/**
 * A clock that ran far ahead, when the machine's date was wrong: it can only go on from there, and servers would refuse
 * what is recorded until their own clocks have come that far.
 */
import { HLC_ZERO, type Hlc, hlcAt, isFarAhead } from '../domain/clock.ts';
import { type Clone, ownJournal } from './clone.ts';
import { resetClock } from './clone-clock.ts';
import { flush } from './flush.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import { succeed } from './succession.ts';

/**
 * Sets the clock right: back, where nothing was recorded with it; else a successor of this writer begins with the time of
 * now, and seals again what was not accepted.
 */
export async function mendClock(clone: Clone): Promise<Clone> {
  await flush(clone, { wait: true, live: true });
  const latest = await latestReading(clone);
  const nowMs = clone.effects.nowMs();
  if (!isFarAhead(latest, nowMs)) {
    resetClock(clone, latest > hlcAt(nowMs) ? latest : hlcAt(nowMs));
    clone.reporter.note('the clock of this clone was ahead; it is right again');
    return clone;
  }
  const { clone: successor, resealed } = await succeed(clone, clone.writer);
  clone.reporter.warn(
    `the clock of this clone ran ahead of the system's: it is writer ${successor.writer} from now on, ` +
      `which continues ${clone.writer}; ${resealed} records were sealed again`,
  );
  return successor;
}

/** The latest reading in the clone's own journal. */
export async function latestReading(clone: Clone): Promise<Hlc> {
  const { refs, objects } = clone.repository;
  const tip = await refs.resolve(ownJournal(clone));
  let latest = HLC_ZERO;
  if (tip === undefined) return latest;
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  for await (const { entries } of readSegments(objects, paths, clone.identity.key)) {
    for (const { hlc } of entries) if (hlc > latest) latest = hlc;
  }
  return latest;
}
