/** Threads that look at files beside the one that asks. */
import { availableParallelism } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  areAllEnded,
  createStatBoard,
  type FilesToStat,
  isSeen,
  type StatBoard,
  type StatOrder,
  statRow,
  takeTurn,
} from './stat-files.ts';
import { threadFile } from './thread-hand.ts';
import { joinPath } from './walk-directory.ts';

export type StatHelpersOptions = {
  /** How many threads at most; one less than there are cores unless given. */
  readonly threads?: number;
  /** How many files make another thread worth its start. */
  readonly worthFiles?: number;
};

export interface StatHelpers {
  /** There are at least so many files: those who will help begin to start. */
  expect(files: number): void;
  /**
   * Looks at files.
   * @param parts in the order of their rows, without gaps
   * @throws CmfError as fileFailure, for the first file that cannot be looked at
   */
  look(parts: readonly FilesToStat[], files: number): Promise<Float64Array>;
  /** Ends the threads. */
  end(): void;
}

/** A start takes as long as it takes to look at these. */
const WORTH_FILES = 12 * 1024;
/** The file system gives no more to more. */
const THREADS_MAX = 3;
/** After so many turns other work of this process gets its own. */
const OTHERS_TURNS = 2;

export function openStatHelpers(options: StatHelpersOptions = {}): StatHelpers {
  const { threads = Math.min(availableParallelism() - 1, THREADS_MAX), worthFiles = WORTH_FILES } = options;
  const workers: Worker[] = [];
  let hasFailed = false;
  let isFull = false;
  const start = (): void => {
    try {
      const worker = new Worker(threadFile('./stat-worker.js'));
      const fail = (): void => {
        hasFailed = true;
      };
      worker.on('error', fail);
      // Also one that ends without a word is not waited for.
      worker.on('exit', fail);
      workers.push(worker);
    } catch {
      // There is no room for one more thread: it only helps.
      isFull = true;
    }
  };
  return {
    expect(files) {
      while (!isFull && workers.length < Math.min(threads, Math.floor(files / worthFiles))) start();
    },
    async look(parts, files) {
      const board = createStatBoard(files);
      for (const worker of workers) worker.postMessage(orderOf(board, parts));
      let own = 0;
      while (takeTurn(board, parts)) if (++own % OTHERS_TURNS === 0) await setImmediate();
      while (!hasFailed && !areAllEnded(board, own)) await setTimeout(1);
      lookAgain(board, parts);
      return board.numbers;
    },
    end() {
      for (const worker of workers.splice(0)) void worker.terminate();
    },
  };
}

/** Without names that are no text: a helper leaves their rows empty. */
function orderOf(board: StatBoard, parts: readonly FilesToStat[]): StatOrder {
  return {
    board,
    parts: parts.flatMap(({ path, names, first }) => {
      if (typeof path !== 'string' || !names.every((name) => typeof name === 'string')) return [];
      return [{ path, names: names.join('/'), first }];
    }),
  };
}

/** What nobody could look at; here it is said why. */
function lookAgain(board: StatBoard, parts: readonly FilesToStat[]): void {
  for (const { path, names, first } of parts) {
    for (let i = 0; i < names.length; i++) {
      if (!isSeen(board, first + i)) statRow(board, first + i, joinPath(path, names[i] ?? ''));
    }
  }
}
