import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A moment by the clock of a file system. Whoever changes something there afterwards leaves no earlier time on it. */
export type FileClock = {
  /**
   * True for a time that is so much earlier that a change after the moment cannot leave it again, however coarse the clock is.
   * @param dev the device that the time comes from
   */
  readonly isPast: (dev: number, timeMs: number) => boolean;
};

/** On another device the clock may be another machine's, and coarser. */
const OTHER_CLOCK_MS = 2000;
/** More than what node's times leave out. */
const CLOCK_MARGIN_MS = 1;

/**
 * The time now; undefined where nothing can be written, and so nothing remembered.
 * @param path a file beside which a probe is made; the folder is made when missing
 */
export function readFileClock(path: string): FileClock | undefined {
  const probe = `${path}.${randomBytes(6).toString('hex')}.now`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(probe, '', { flag: 'wx' });
    const { dev: own, mtimeMs: nowMs } = statSync(probe);
    rmSync(probe);
    return { isPast: (dev, timeMs) => timeMs < nowMs - (dev === own ? CLOCK_MARGIN_MS : OTHER_CLOCK_MS) };
  } catch {
    return undefined;
  }
}
