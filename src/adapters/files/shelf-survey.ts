/**
 * Whether the objects of a directory are still in the cache, without a look at each: an object comes and goes by a change of
 * the folder that holds it, so what was complete is complete as long as none of the 256 folders changed.
 */
import { createHash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { type FileClock, readFileClock } from './file-clock.ts';
import { fileFailure } from './file-failure.ts';
import { openFolderMemory } from './folder-memory.ts';

/**
 * Of a directory in a cache: `present`: each object has its name; `trusted`: each also had its size and the mode that DVC
 * trusts. `found`: of a storage, whatever the name says.
 */
export type Completeness = 'present' | 'trusted' | 'found';

/** The folders of a cache, as they were before its objects are looked at. */
export interface ShelfSurvey {
  /**
   * True: all objects of a directory were there at a look before, and no folder changed since.
   * @param digest of the directory, with its kind: what its objects are follows from it
   */
  isComplete(digest: string, enough: 'present' | 'trusted'): boolean;
  /** The number that was remembered with exactly this. */
  recall(name: string, how: Completeness): number | undefined;
  /** To be called before the objects are looked at one by one. */
  begin(): void;
  /**
   * To be called when a look at all objects of a directory, after `begin`, found them complete.
   * @param count what `recall` is to return
   */
  remember(name: string, how: Completeness, count?: number): void;
}

const SHELVES = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const NUMBERS = 4;

/**
 * Looks at the folders.
 * @param objects the folder that they are in, absolute
 * @param memoryFile where is remembered what was complete (see folder-memory.ts)
 */
export function surveyShelves(objects: string, memoryFile: string): ShelfSurvey {
  const seen = new Float64Array(SHELVES.length * NUMBERS);
  for (const [i, name] of SHELVES.entries()) {
    const stats = statShelf(`${objects}/${name}`);
    if (stats !== undefined) seen.set([stats.dev, stats.ino, stats.mtimeMs, stats.ctimeMs], i * NUMBERS);
  }
  const memory = openFolderMemory(memoryFile);
  let clock: FileClock | undefined;
  const factsOf = (name: string, how: Completeness): Buffer =>
    createHash('sha256').update(`cmf-shelves1\0${how}\0${name}\0${objects}\0`).update(seen).digest();
  const recall = (name: string, how: Completeness): number | undefined => memory.recall(factsOf(name, how))?.listBytes;
  return {
    isComplete: (digest, enough) =>
      recall(digest, 'trusted') !== undefined || (enough === 'present' && recall(digest, 'present') !== undefined),
    recall,
    begin() {
      clock ??= readFileClock(memoryFile);
    },
    remember(name, how, count = 0) {
      if (clock === undefined || !areAllPast(clock, seen)) return;
      memory.remember(factsOf(name, how), { ...NO_SUMS, listBytes: count });
    },
  };
}

const NO_SUMS = { md5: '', blake3: '' };

function areAllPast(clock: FileClock, seen: Float64Array): boolean {
  for (let at = 0; at < seen.length; at += NUMBERS) {
    const [dev = 0, , mtimeMs = 0, ctimeMs = 0] = seen.subarray(at, at + NUMBERS);
    if (!clock.isPast(dev, Math.max(mtimeMs, ctimeMs))) return false;
  }
  return true;
}

function statShelf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileFailure(error, path);
  }
}
