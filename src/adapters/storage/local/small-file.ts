/** Small files, copied at once: for them four turns of node's thread pool cost several times what the copying does. */
import { closeSync, fchmodSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Up to this size a file is copied in one piece, while everything else waits. */
export const SMALL_BYTES = 256 * 1024;

/**
 * What a step in one piece may take, in milliseconds, on average. On a slower file system, such as NFS over a long line, it is
 * better to wait for several at once.
 */
const PATIENCE_MS = 2;
/** How much the last step counts: a few that waited for a busy machine say nothing of the file system. */
const WEIGHT = 1 / 256;
/** How fast a bad average is forgotten, by each step that was not measured: after some hundred it is tried again. */
const FORGIVENESS = 1 / 1024;

/** Tells whether small files are to be copied in one piece, from how long the last ones took. */
export type Pace = {
  readonly isFast: () => boolean;
  readonly measure: <Result>(step: () => Result) => Result;
};

/** @param nowMs a clock that never goes back */
export function openPace(nowMs: () => number): Pace {
  let averageMs = 0;
  return {
    isFast: () => {
      if (averageMs < PATIENCE_MS) return true;
      averageMs -= averageMs * FORGIVENESS;
      return false;
    },
    measure: (step) => {
      const startMs = nowMs();
      try {
        return step();
      } finally {
        averageMs += (nowMs() - startMs - averageMs) * WEIGHT;
      }
    },
  };
}

const buffer = Buffer.alloc(SMALL_BYTES + 1);

/**
 * Reads a small file.
 * @returns its bytes, good until the next call; undefined for one that is not small
 * @throws what the system says
 */
export function readSmall(path: string): Uint8Array | undefined {
  const fd = openSync(path, 'r');
  try {
    let size = 0;
    while (size < buffer.length) {
      const count = readSync(fd, buffer, size, buffer.length - size, null);
      if (count === 0) return buffer.subarray(0, size);
      size += count;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a new file; nothing is left of one that fails.
 * @param mode whatever the umask says; undefined: 0666 as the umask says
 * @throws what the system says
 */
export function writeSmall(path: string, bytes: Uint8Array, mode: number | undefined): void {
  const fd = openSync(path, 'wx', mode ?? 0o666);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    if (mode !== undefined && (fstatSync(fd).mode & 0o7777) !== mode) fchmodSync(fd, mode);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Writes a file under a temporary name and renames it, so that it is there whole or not at all. */
export function replaceSmall(path: string, temporary: string, bytes: Uint8Array, mode: number): void {
  writeSmall(temporary, bytes, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
