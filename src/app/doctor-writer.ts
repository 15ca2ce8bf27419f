/** What `git cmf doctor` says of a clone as a writer: whether it is a copy, its clock, and the writers that it was before. */
import { HLC_ZERO, type Hlc, hlcMs, isFarAhead } from '../domain/clock.ts';
import { REFS, type WriterId } from '../domain/ids.ts';
import { parseJournalPath } from '../domain/layout.ts';
import { acceptedAnywhere } from './accepted.ts';
import { beginWriting, isCopy } from './begin-writing.ts';
import { type Clone, ownJournal, stateDirectory } from './clone.ts';
import { readClock } from './clone-clock.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';
import { pathsOf } from './journal-tree.ts';
import { keptWriters } from './keyring.ts';
import { mendClock } from './mend-clock.ts';

/** So far ahead is worth telling. */
const AHEAD_MS = 60 * 60 * 1000;
const HELP_FIX = 'git cmf doctor --fix';

/** Looks at the writer. */
export async function examineWriter(clone: Clone): Promise<Finding[]> {
  return [...examineMark(clone), await examineClock(clone), ...(await examineFormer(clone))];
}

function examineMark(clone: Clone): Finding[] {
  if (!isCopy(clone)) return [];
  const fix = async () => `it is writer ${(await beginWriting(clone)).writer} now`;
  const message = `this is a copy of a clone that records as writer ${clone.writer}; the next record makes it a writer of its own`;
  return [{ ...notice(message, HELP_FIX), fix }];
}

/** The clock's high-water, and what is in the journal: the one may have been mended by hand, and the other not. */
async function examineClock(clone: Clone): Promise<Finding> {
  const nowMs = clone.effects.nowMs();
  const latest = [readClock(clone), await latestSegment(clone)].reduce((a, b) => (a > b ? a : b));
  const aheadMs = hlcMs(latest) - nowMs;
  if (aheadMs <= AHEAD_MS) return fine('the clock is right');
  const what = `the clock of this clone is ${(aheadMs / 3_600_000).toFixed(1)} hours ahead of the system's`;
  if (!isFarAhead(latest, nowMs)) {
    return notice(`${what}: records are dated so far into the future, which servers accept`, 'date');
  }
  return {
    ...wrong(`${what}, and servers refuse records from there; check that the system's date is right`, HELP_FIX),
    fix: async () => {
      const { writer } = await mendClock(clone);
      return writer === clone.writer ? 'the clock is right again' : `it is writer ${writer} now, whose clock is right`;
    },
  };
}

async function latestSegment(clone: Clone): Promise<Hlc> {
  const { refs, objects } = clone.repository;
  const tip = await refs.resolve(ownJournal(clone));
  let latest = HLC_ZERO;
  for (const path of tip === undefined ? [] : (await pathsOf(objects, await objects.treeOf(tip))).keys()) {
    const place = parseJournalPath(path);
    if (place?.kind === 'segment' && place.hlc > latest) latest = place.hlc;
  }
  return latest;
}

async function examineFormer(clone: Clone): Promise<Finding[]> {
  const former = keptWriters(clone.disk, stateDirectory(clone)).filter((writer) => writer !== clone.writer);
  const waiting: WriterId[] = [];
  for (const writer of former.sort()) if (!(await isAccepted(clone, writer))) waiting.push(writer);
  return waiting.map((writer) =>
    notice(
      `this clone was writer ${writer} before, and no remote is known to have all that it recorded`,
      'git cmf push',
    ),
  );
}

async function isAccepted(clone: Clone, writer: WriterId): Promise<boolean> {
  const { refs, objects } = clone.repository;
  const tip = await refs.resolve(REFS.journal + writer);
  if (tip === undefined) return true;
  const { paths } = await acceptedAnywhere(clone, writer);
  return [...(await pathsOf(objects, await objects.treeOf(tip))).keys()].every((path) => paths.has(path));
}
