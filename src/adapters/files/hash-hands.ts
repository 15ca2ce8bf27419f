/** Those who hash: this thread, or others; and the queue that they take their work from. */
import { setImmediate } from 'node:timers/promises';
import { type Blake3, loadBlake3 } from './blake3.ts';
import {
  type BatchHasher,
  type CrewAnswer,
  type CrewOrder,
  createBatchHasher,
  type HashSetup,
  obeyOrder,
} from './hash-batch.ts';
import { type Hand, startThread } from './thread-hand.ts';

export type HashHand = Hand<CrewOrder, CrewAnswer>;

type Job = { readonly order: CrewOrder; readonly answer: (answer: CrewAnswer) => void };

/** Work that waits, and hands that do it. The first failure is that of all, and ends it. */
export interface HandQueue {
  readonly hands: readonly HashHand[];
  join(hand: HashHand): void;
  add(job: Job): void;
  waiting(): number;
  /** Resolves when there are few jobs that wait. */
  makeRoom(): Promise<void>;
  /** Resolves when all is done. */
  drain(): Promise<void>;
}

export function openHandQueue(): HandQueue {
  const hands: HashHand[] = [];
  const idle: HashHand[] = [];
  const jobs: Job[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const work = async (hand: HashHand, job: Job): Promise<void> => {
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
export async function ownHand(options: HashSetup & { readonly load?: () => Promise<Blake3> }): Promise<HashHand> {
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
export function threadHand({ sha256, keep }: HashSetup): HashHand {
  const setup: HashSetup = { sha256, keep };
  return startThread('./hash-worker.js', setup);
}
