/** Those who hash: this thread, or others; and the queue that they take their work from. */
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { CmfError, ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import { type Blake3, loadBlake3 } from './blake3.ts';
import {
  type BatchHasher,
  type CrewAnswer,
  type CrewOrder,
  createBatchHasher,
  type HashSetup,
  obeyOrder,
} from './hash-batch.ts';

export type Hand = {
  readonly obey: (order: CrewOrder) => Promise<CrewAnswer>;
  readonly end: () => Promise<unknown>;
};

type Job = { readonly order: CrewOrder; readonly answer: (answer: CrewAnswer) => void };

/** Work that waits, and hands that do it. The first failure is that of all, and ends it. */
export interface HandQueue {
  readonly hands: readonly Hand[];
  join(hand: Hand): void;
  add(job: Job): void;
  waiting(): number;
  /** Resolves when there are few jobs that wait. */
  makeRoom(): Promise<void>;
  /** Resolves when all is done. */
  drain(): Promise<void>;
}

export function openHandQueue(): HandQueue {
  const hands: Hand[] = [];
  const idle: Hand[] = [];
  const jobs: Job[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const work = async (hand: Hand, job: Job): Promise<void> => {
    try {
      job.answer(await hand.obey(job.order));
    } catch (error) {
      failure ??= { error };
      jobs.length = 0;
    }
    idle.push(hand);
    dispatch();
    wake();
  };
  const dispatch = (): void => {
    for (let hand = idle.pop(); hand !== undefined; hand = idle.pop()) {
      const job = jobs.shift();
      if (job === undefined) {
        idle.push(hand);
        return;
      }
      void work(hand, job);
    }
  };
  const until = async (isDone: () => boolean): Promise<void> => {
    dispatch();
    while (failure === undefined && !isDone()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure.error;
  };
  return {
    hands,
    join(hand) {
      hands.push(hand);
      idle.push(hand);
    },
    add: (job) => void jobs.push(job),
    waiting: () => jobs.length,
    makeRoom: () => until(() => jobs.length < 2 * hands.length),
    drain: () => until(() => jobs.length === 0 && idle.length === hands.length),
  };
}

/** This thread, a batch at a time; others get their turn between batches. */
export async function ownHand(options: HashSetup & { readonly load?: () => Promise<Blake3> }): Promise<Hand> {
  const batch: BatchHasher = createBatchHasher(await (options.load ?? loadBlake3)(), options);
  return {
    obey: async (order) => {
      await setImmediate();
      return obeyOrder(batch, order);
    },
    end: async () => batch.discard(),
  };
}

/** A thread of its own. */
export function threadHand({ sha256, keep }: HashSetup): Hand {
  const setup: HashSetup = { sha256, keep };
  // In the bundle it lies beside this file. Sources that run as they are start the bundled one: node 20 reads no
  // TypeScript in a thread.
  const here = import.meta.url.endsWith('.ts') ? new URL('../../../dist/', import.meta.url) : import.meta.url;
  const worker = new Worker(new URL('./hash-worker.js', here), { workerData: setup });
  const asked: { readonly resolve: (answer: CrewAnswer) => void; readonly reject: (error: unknown) => void }[] = [];
  worker.on('message', (answer: CrewAnswer) => {
    const one = asked.shift();
    if (answer.kind === 'failed') one?.reject(errorFrom(answer));
    else one?.resolve(answer);
  });
  worker.on('error', (error) => {
    for (const one of asked.splice(0)) one.reject(error);
  });
  return {
    obey: (order) =>
      new Promise((resolve, reject) => {
        asked.push({ resolve, reject });
        worker.postMessage(order);
      }),
    end: () => worker.terminate(),
  };
}

function errorFrom({ code, message, hint }: Extract<CrewAnswer, { kind: 'failed' }>): CmfError {
  const known: ErrorCode = code in ERROR_CODES ? (code as ErrorCode) : 'internal';
  return new CmfError(known, hint === undefined ? { message } : { message, hint });
}
