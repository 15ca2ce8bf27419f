/** Looking at many files, in turns that threads take from each other: none waits, and all write into the same memory. */
import { type Stats, statSync } from 'node:fs';
import { type FilePath, fileFailure } from './file-failure.ts';
import { writeKey } from './hash-result.ts';
import { joinPath } from './walk-directory.ts';

/** Files of one folder. */
export type FilesToStat = {
  readonly path: FilePath;
  readonly names: readonly FilePath[];
  /** The row of the first one; rows count on from part to part. */
  readonly first: number;
};

/** What threads share. */
export type StatBoard = {
  /** Six numbers a file, those of `writeKey` and the mode; NaN for one that nobody could look at. */
  readonly numbers: Float64Array;
  /** The next turn, and how many turns helpers have ended. */
  readonly turns: Int32Array;
};

/** What a helper is given: the names of a folder as one text, which is copied faster than many. */
export type StatOrder = {
  readonly board: StatBoard;
  readonly parts: readonly { readonly path: string; readonly names: string; readonly first: number }[];
};

export const STAT_NUMBERS = 6;
/** Files of one turn. */
const TURN_FILES = 512;
const NEXT = 0;
const ENDED = 1;

/** A board for so many files, with nothing on it. */
export function createStatBoard(files: number): StatBoard {
  const bytes = files * STAT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
  const numbers = new Float64Array(new SharedArrayBuffer(bytes)).fill(Number.NaN);
  return { numbers, turns: new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) };
}

/**
 * Takes the next turn and looks at its files. One that cannot be looked at stays unseen: `statRow` says why.
 * @returns false when there is no turn left
 */
export function takeTurn({ numbers, turns }: StatBoard, parts: readonly FilesToStat[]): boolean {
  const from = Atomics.add(turns, NEXT, 1) * TURN_FILES;
  const to = Math.min(from + TURN_FILES, numbers.length / STAT_NUMBERS);
  if (from >= to) return false;
  for (let at = findPart(parts, from); at < parts.length; at++) {
    const { path: folder, names, first } = parts[at] as FilesToStat;
    if (first >= to) break;
    // A loop by number: this is what an unchanged directory costs.
    for (let row = Math.max(first, from); row < Math.min(first + names.length, to); row++) {
      const path = joinPath(folder, names[row - first] ?? '');
      try {
        writeStats(numbers, row, statSync(path), path);
      } catch {
        // Unseen.
      }
    }
  }
  return true;
}

/** Looks at one file. @throws CmfError as fileFailure */
export function statRow({ numbers }: StatBoard, row: number, path: FilePath): void {
  try {
    writeStats(numbers, row, statSync(path), path);
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** True if somebody has looked at a file. Its last number is written last: a thread may die anywhere. */
export function isSeen({ numbers }: StatBoard, row: number): boolean {
  return !Number.isNaN(numbers[row * STAT_NUMBERS + 5]);
}

function writeStats(numbers: Float64Array, row: number, stats: Stats, path: FilePath): void {
  writeKey(numbers, row * STAT_NUMBERS, stats, path);
  numbers[row * STAT_NUMBERS + 5] = stats.mode;
}

/** A helper has ended a turn. */
export function endTurn({ turns }: StatBoard): void {
  Atomics.add(turns, ENDED, 1);
}

/** True when all turns are over. @param own how many this thread took */
export function areAllEnded({ numbers, turns }: StatBoard, own: number): boolean {
  return own + Atomics.load(turns, ENDED) >= Math.ceil(numbers.length / STAT_NUMBERS / TURN_FILES);
}

/** The part that a row belongs to. */
export function findPart(parts: readonly { readonly first: number }[], row: number): number {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((parts[middle]?.first ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
