/** Hashes many files, in this thread while they are few, else in a thread for each core. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { CmfError } from '../../domain/errors.ts';
import type { Blake3 } from './blake3.ts';
import { type FilePath, fileFailure } from './file-failure.ts';
import type { CrewAnswer, HashSetup } from './hash-batch.ts';
import { type HashHand, openHandQueue, ownHand, threadHand } from './hash-hands.ts';
import { syncBehind } from './sync-behind.ts';

export type FilesToHash = {
  readonly paths: readonly FilePath[];
  /** How large they are together, by what is known. */
  readonly bytes: number;
  /** The MD5 that each should have: what has another is not kept. */
  readonly wanted?: readonly string[] | undefined;
};

export interface HashCrew {
  /**
   * Hands over files; resolves when there is room for more.
   * @param take gets one result for each path (see hash-result.ts), some time before `finish` resolves
   */
  give(files: FilesToHash, take: (results: Buffer) => void): Promise<void>;
  /** Waits for all of them; what was kept is then durable and has its name. */
  finish(): Promise<void>;
  /** Ends the threads, and removes what was kept and not finished. */
  close(): Promise<void>;
}

export type CrewOptions = HashSetup & {
  readonly load?: () => Promise<Blake3>;
  /** Makes everything written to the file system of this folder durable; false where that cannot be done at once. */
  readonly sync: (folder: string) => Promise<boolean>;
  readonly threads?: number;
  /** After how many kept files the disk is asked to begin. */
  readonly beginFiles?: number;
  /** How much hashing, by estimate, makes threads worth their start. */
  readonly worthMs?: number;
};

/** Starting threads costs some 50 ms of work; below twice as much hashing it does not pay. */
const WORTH_MS = 100;
const FILE_MS = 0.025;
const BYTES_IN_MS = 600_000;
/** More gain nothing on the disks there are. */
const THREADS_MAX = 16;
/** What one thread has not got a name for yet is held in memory. */
const COMMIT_FILES = 80 * 1024;
const BEGIN_FILES = 16 * 1024;
/** What the disk has to do for these is as much as for one more file. */
const FILE_BYTES = 16 * 1024;

/** @param crew `threads`: how many at most; one for each core unless given */
export function openHashCrew(crew: CrewOptions): HashCrew {
  const options = { ...crew, keep: crew.keep && { run: randomBytes(9).toString('base64url'), ...crew.keep } };
  const threads = options.threads ?? Math.min(availableParallelism(), THREADS_MAX);
  const worthMs = options.worthMs ?? WORTH_MS;
  const queue = openHandQueue();
  let isThreaded = false;
  let waitingMs = 0;
  const { keep, sync, beginFiles = BEGIN_FILES } = options;
  const disk = keep && syncBehind(beginFiles, () => sync(keep.folder));
  let given = 0;
  const recruit = async (): Promise<void> => {
    const count = isThreaded ? threads : 1;
    while (queue.hands.length < count) queue.join(isThreaded ? threadHand(options) : await ownHand(options));
  };
  const drain = async (): Promise<void> => {
    await recruit();
    await queue.drain();
    waitingMs = 0;
  };
  const finish = async (): Promise<void> => {
    await drain();
    given = 0;
    if (keep === undefined || disk === undefined) return;
    await commit(queue.hands, keep.folder, async (folder) => (await disk.settled()) && sync(folder));
  };
  return {
    async give({ paths, bytes, wanted }, take) {
      const order = { kind: 'hash', paths, ...(wanted === undefined ? {} : { wanted }) } as const;
      queue.add({ order, answer: (answer) => take(resultsOf(answer)) });
      waitingMs += paths.length * FILE_MS + bytes / BYTES_IN_MS;
      given += paths.length;
      disk?.wrote(paths.length + bytes / FILE_BYTES);
      if (!isThreaded && waitingMs <= worthMs) return;
      // One large file keeps one thread busy, and this one has nothing else to do.
      isThreaded ||= threads > 1 && queue.waiting() > 1;
      await recruit();
      await queue.makeRoom();
      if (keep !== undefined && given >= COMMIT_FILES) await finish();
    },
    finish,
    async close() {
      await Promise.allSettled(queue.hands.map(({ obey }) => obey({ kind: 'discard' })));
      await Promise.allSettled(queue.hands.map(({ end }) => end()));
    },
  };
}

async function commit(hands: readonly HashHand[], folder: string, sync: CrewOptions['sync']): Promise<void> {
  const answers = await Promise.all(hands.map(({ obey }) => obey({ kind: 'pending' })));
  const paths = answers.flatMap((answer) => (answer.kind === 'pending' ? answer.paths : []));
  if (paths.length === 0) return;
  // One file is synced by itself, and so are all where the system has no sync for a file system.
  if (paths.length === 1 || !(await sync(folder))) for (const path of paths) syncFile(path);
  await Promise.all(hands.map(({ obey }) => obey({ kind: 'commit' })));
}

/** Makes one file durable. @throws CmfError as fileFailure */
export function syncFile(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function resultsOf(answer: CrewAnswer): Buffer {
  if (answer.kind !== 'hashed') throw new CmfError('internal', { message: `a thread answered ${answer.kind}` });
  const { buffer, byteOffset, byteLength } = answer.results;
  return Buffer.from(buffer, byteOffset, byteLength);
}
