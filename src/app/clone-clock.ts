/**
 * The clock of a clone. Each writer has its own high-water: a process that goes on as a former writer, whose clock ran
 * ahead, must not push the next writer's there.
 *
 *     <common git dir>/cmf/clock                       of the writer that `init` made
 *     <common git dir>/cmf/writers/<writer>/clock      of one that replaced another
 */
import { HLC_ZERO, type Hlc, isHlc, tick, witness } from '../domain/clock.ts';
import { type Clone, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';
import { writerDirectory } from './keyring.ts';

/** What of a clone its clock depends on. */
type ClockOwner = Pick<Clone, 'repository' | 'disk' | 'effects' | 'writer'>;

/** The clock of one process at work. */
export type Ticker = {
  /** The next reading: after all that this process read, and after the high-water when the ticker was last saved. */
  next(): Hlc;
  /** Stores the high-water; called before anything that carries a reading becomes durable. */
  save(): void;
};

/** Where the high-water lies. The file of a new writer is made with it, so a writer's place never changes. */
function clockPath({ repository, disk, writer }: ClockOwner): string {
  const directory = stateDirectory({ repository });
  const own = `${writerDirectory(directory, writer)}/clock`;
  return disk.stat(own) === undefined ? `${directory}/clock` : own;
}

/** Reads the clock's high-water; a clone that lost it falls back on the wall clock. */
export function readClock(clone: ClockOwner): Hlc {
  return readAt(clone, clockPath(clone));
}

function readAt({ disk }: ClockOwner, path: string): Hlc {
  const bytes = disk.read(path);
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8').trim();
  return isHlc(text) ? text : HLC_ZERO;
}

/** Opens the clock. Nothing is read before the first tick. */
export function openTicker(clone: ClockOwner): Ticker {
  let path: string | undefined;
  let last: Hlc | undefined;
  let isFresh = false;
  const read = () => {
    path ??= clockPath(clone);
    return readAt(clone, path);
  };
  return {
    next: () => {
      if (!isFresh) {
        // Another process may have gone on since.
        const stored = read();
        if (last === undefined || stored > last) last = stored;
        isFresh = true;
      }
      last = tick(last ?? HLC_ZERO, clone.effects.nowMs());
      return last;
    },
    save: () => {
      isFresh = false;
      if (last === undefined) return;
      const stored = read();
      // Another process may have gone further meanwhile.
      if (last > stored && path !== undefined) clone.disk.writeHint(path, last);
    },
  };
}

/** Moves the clock past what other writers said, so that what is recorded next sorts after it. A disk that refuses is a warning. */
export function witnessClock(clone: Clone, seen: Hlc): void {
  const last = readClock(clone);
  const next = witness(last, seen, clone.effects.nowMs());
  if (next !== last) attemptHint(clone, () => clone.disk.writeHint(clockPath(clone), next));
}

/** Sets the high-water, also back: only for a writer that has sealed nothing later. */
export function resetClock(clone: ClockOwner, to: Hlc): void {
  clone.disk.replace(clockPath(clone), to);
}
