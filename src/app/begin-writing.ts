/**
 * Opening a clone to record: first it is made sure that what it records can be this writer's.
 */
import { isFarAhead } from '../domain/clock.ts';
import { type Clone, type Context, openClone, stateDirectory } from './clone.ts';
import { readClock } from './clone-clock.ts';
import { readMark, writeMark } from './clone-mark.ts';
import { attemptHint, warnOf } from './hint.ts';
import { withLock } from './lock.ts';
import { mendClock } from './mend-clock.ts';
import { mintWriter } from './mint-writer.ts';
import { forgetAllRunning } from './running.ts';

/**
 * Opens the clone for writing. A copy of a clone becomes a writer of its own, and one whose clock had run far ahead gets a
 * successor; either says so.
 * @throws CmfError `not-initialised`; `damaged` when its identity cannot be read
 */
export async function beginWriting(context: Context): Promise<Clone> {
  const clone = openClone(context);
  const verdict = readMark(clone.disk, stateDirectory(clone), clone.writer);
  if (verdict === 'copy') return leaveOriginal(context);
  if (isFarAhead(readClock(clone), clone.effects.nowMs())) return mendOrGoOn(clone);
  // Made before there was a mark, or a crash took it.
  if (verdict === 'unmarked') attemptHint(clone, () => writeMark(clone.disk, stateDirectory(clone), clone.writer));
  return clone;
}

/** A clock that cannot be mended now keeps nobody from recording: what is dated ahead is sealed again when it can be. */
async function mendOrGoOn(clone: Clone): Promise<Clone> {
  try {
    return await mendClock(clone);
  } catch (error) {
    warnOf(clone, error);
    // It may have its successor already.
    return openClone(clone);
  }
}

/** True for a copy of a clone that has not become a writer of its own yet. */
export function isCopy(clone: Clone): boolean {
  return readMark(clone.disk, stateDirectory(clone), clone.writer) === 'copy';
}

/** Becomes a writer of its own. What ran when the copy was made runs in the original, not here. */
async function leaveOriginal(context: Context): Promise<Clone> {
  const minted = await withLock(context, 'identity', true, async () => {
    const old = openClone(context);
    if (!isCopy(old)) return old;
    const running = forgetAllRunning(context);
    const clone = mintWriter(old, () => []);
    context.reporter.warn(
      `this is a copy of a clone that records as writer ${old.writer}: it is writer ${clone.writer} from now on` +
        (running === 0 ? '' : `; what ran (${running}) goes on in the original, or here after git cmf resume ID`),
    );
    return clone;
  });
  return minted ?? openClone(context);
}
