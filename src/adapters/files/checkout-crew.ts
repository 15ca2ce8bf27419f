/** Makes the files of a checkout: in this thread while that is little work, else in a thread for each core. */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { CachePlace } from '../../domain/dvc-cache.ts';
import type { HashProgress } from '../../ports/hasher.ts';
import type { CheckoutFile } from '../../ports/object-cache.ts';
import { type FileToMake, type MadeFiles, makeFiles } from './checkout-batch.ts';
import type { CheckoutRoom } from './checkout-room.ts';
import type { FileSupply } from './file-supply.ts';
import { type MakerSetup, openObjectMaker } from './make-object.ts';
import { errorFrom } from './thread-failure.ts';
import { type Hand, startThread } from './thread-hand.ts';

export interface CheckoutCrew {
  /**
   * Makes files until there are no more, or the room is to be released. Nobody makes a file any more when it ends.
   * @throws the first failure
   */
  work(): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

export type CrewSize = {
  /** How many at most; one for each core unless given. */
  readonly threads?: number;
  /** How much work that is left, by estimate, makes threads worth their start. */
  readonly worthMs?: number;
};

export type CheckoutCrewOptions = CrewSize & {
  readonly place: CachePlace;
  readonly room: CheckoutRoom;
  readonly supply: FileSupply;
  /** How many files there are; 0 where that is not known, and they stay in this thread. */
  readonly filesTotal: number;
  readonly onProgress?: ((progress: HashProgress) => void) | undefined;
};

type CheckoutHand = Hand<readonly FileToMake[], MadeFiles>;

/** Starting threads costs some 50 ms of work; below twice as much it does not pay. */
const WORTH_MS = 100;
/** More gain nothing on the disks there are. */
const THREADS_MAX = 16;
const BATCH_FILES = 64;

export function openCheckoutCrew(options: CheckoutCrewOptions): CheckoutCrew {
  const { place, room, supply, filesTotal, onProgress, worthMs = WORTH_MS } = options;
  const threads = options.threads ?? Math.min(availableParallelism(), THREADS_MAX);
  const setup = { place, umask: process.umask() };
  const own = ownHand(setup);
  let hired: readonly CheckoutHand[] = [];
  let failure: { readonly error: unknown } | undefined;
  let files = 0;
  let bytes = 0;
  const settle = (batch: readonly CheckoutFile[], made: MadeFiles): void => {
    supply.giveBack(batch.slice(made.count));
    for (const { path } of batch.slice(0, made.count)) room.settle(path);
    files += made.count;
    bytes += made.bytes;
    onProgress?.({ files, bytes, filesTotal, bytesTotal: 0 });
    if (made.failure !== undefined) throw errorFrom(made.failure);
  };
  const workWith = async (hand: CheckoutHand, isOver: () => boolean): Promise<void> => {
    try {
      while (failure === undefined && !room.isDue() && !isOver()) {
        const batch = supply.take(BATCH_FILES);
        if (batch.length === 0) return;
        const order = batch.map(({ path, digest, executable }) => ({ digest, executable, at: room.placeOf(path) }));
        settle(batch, await makeWith(hand, order));
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  const workAlone = async (): Promise<void> => {
    const startMs = performance.now();
    const before = files;
    const leftMs = (): number => ((performance.now() - startMs) / (files - before)) * (filesTotal - files);
    const isWorthThreads = (): boolean => threads > 1 && files > before && leftMs() > worthMs;
    await workWith(own, isWorthThreads);
    if (isWorthThreads()) hired = Array.from({ length: threads }, () => startThread('./checkout-worker.js', setup));
  };
  return {
    async work() {
      if (hired.length === 0) await workAlone();
      // Each has its next batch when it has made one.
      await Promise.all([...hired, ...hired].map((hand) => workWith(hand, () => false)));
      if (failure !== undefined) throw failure.error;
    },
    close: async () => void (await Promise.allSettled(hired.map(({ end }) => end()))),
  };
}

/** This thread; others get their turn between batches. */
function ownHand(setup: MakerSetup): CheckoutHand {
  const maker = openObjectMaker(setup);
  return {
    obey: async (files) => {
      await setImmediate();
      return makeFiles(maker, files);
    },
    end: async () => undefined,
  };
}

async function makeWith(hand: CheckoutHand, order: readonly FileToMake[]): Promise<MadeFiles> {
  try {
    return await hand.obey(order);
  } catch (error) {
    // Nobody knows which files of a thread that died are whole.
    for (const { at } of order) rmSync(at, { force: true });
    throw error;
  }
}
