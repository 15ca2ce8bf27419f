/**
 * Nothing that a finished command reported is lost, whatever the power does.
 *
 * The real write path (log, flush, segments, compare-and-swap) runs on a simulated disk. The machine dies at every
 * operation in turn, comes back with what a real disk might have kept, and flushes. Then the same checks run with one
 * safeguard taken out at a time and must fail: a suite that cannot fail proves nothing.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clone, type Context, initialiseClone, openClone } from '../../src/app/clone.ts';
import { flush } from '../../src/app/flush.ts';
import { readState } from '../../src/app/read-state.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { EntryId, ExecutionId } from '../../src/domain/ids.ts';
import type { Disk } from '../../src/ports/disk.ts';
import type { Effects } from '../../src/ports/effects.ts';
import { memoryGit } from '../helpers/memory-git.ts';
import { PowerCut, type SimulatedDisk, simulatedDisk } from '../helpers/simulated-disk.ts';

const EXECUTION = '01900000-0000-7000-8000-000000000000' as ExecutionId;
const ROUNDS = 6;

/** Numbers that look random and are the same in every run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function effectsOf(random: () => number, pid: number, alive: ReadonlySet<number>): Effects {
  let nowMs = 1_700_000_000_000;
  const identity = { bootId: 'boot', pidNamespace: '1', pid, startTime: '1' };
  return {
    nowMs: () => nowMs++,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    process: () => identity,
    liveness: (other) => (alive.has(other.pid) ? 'alive' : 'dead'),
    sleep: () => Promise.resolve(),
    every: () => () => undefined,
    environment: () => ({}),
  };
}

function draft(n: number): EntryDraft {
  return {
    bucket: '_',
    subject: { kind: 'execution', id: EXECUTION },
    operation: { kind: 'set', values: { 'param.n': n } },
  };
}

const SILENT = { warn: () => undefined, note: () => undefined, progress: () => undefined };

type Fault = {
  readonly disk?: (disk: Disk) => Disk;
  /** Moves refs without looking. */
  readonly blind?: boolean;
};

/** What one life of the machine did: ids that were reported as recorded. */
async function life(clone: Clone, reported: EntryId[]): Promise<void> {
  const first = openRecorder(clone);
  for (let n = 0; n < 2; n++) reported.push(...first.record([draft(n)]).map((entry) => entry.id));
  const second = openRecorder(clone);
  reported.push(...second.record([draft(2), draft(3)]).map((entry) => entry.id));
  second.rotate();
  await flush(clone, { wait: true, live: true });
  reported.push(...first.record([draft(4)]).map((entry) => entry.id));
  first.rotate();
  await flush(clone, { wait: true });
}

/** Dies at operation `at`, comes back, and says which reported entries are gone. Undefined: it did not come to that. */
async function lostAfterCrash(at: number, seed: number, fault: Fault): Promise<readonly EntryId[] | undefined> {
  const random = chance(seed);
  const repository = memoryGit('/repo', { blind: fault.blind === true });
  const simulated = simulatedDisk(() => 1_700_000_000_000);
  const disk = fault.disk?.(simulated) ?? simulated;
  const contextOf = (pid: number, alive: readonly number[]): Context => ({
    repository,
    disk,
    effects: effectsOf(random, pid, new Set(alive)),
    reporter: SILENT,
  });
  initialiseClone(contextOf(1, [1]));
  simulated.syncDirectory('/repo/cmf');
  const reported: EntryId[] = [];
  const start = simulated.operations();
  simulated.crashAt(start + at);
  let finished = false;
  try {
    await life(openClone(contextOf(1, [1])), reported);
    finished = true;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  simulated.restart(random);
  const after = openClone(contextOf(2, [2]));
  await flush(after, { wait: true });
  const { state } = await readState(after);
  const lost = reported.filter((id) => !state.entries.has(id));
  return finished && lost.length === 0 ? undefined : lost;
}

/** Every crash point, several times; stops where a life ends before the crash. */
async function lossesUnder(fault: Fault): Promise<number> {
  let losses = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let at = 0; ; at++) {
      const lost = await lostAfterCrash(at, round * 10_007 + at, fault);
      if (lost === undefined) break;
      losses += lost.length;
    }
  }
  return losses;
}

/** A disk with some methods replaced. */
function altered(disk: Disk, change: (disk: Disk) => Partial<Disk>): Disk {
  return Object.assign(Object.create(disk) as Disk, change(disk));
}

const crashes = suite('laws: a power cut loses nothing that was reported');

crashes('at every operation of the write path', async () => {
  assert.is(await lossesUnder({}), 0);
});

const faults: Readonly<Record<string, Fault>> = {
  'the sync of the log': {
    disk: (disk) =>
      altered(disk, (real) => ({
        openAppend: (path, options) => {
          const file = real.openAppend(path, options);
          return Object.assign(Object.create(file), { sync: () => undefined, append: file.append, close: file.close });
        },
      })),
  },
  'the sync of the folder that the log is created in': {
    disk: (disk) => altered(disk, () => ({ syncDirectory: () => undefined })),
  },
};

for (const [name, fault] of Object.entries(faults)) {
  crashes(`and without ${name} it does`, async () => {
    assert.ok((await lossesUnder(fault)) > 0);
  });
}

crashes.run();

const races = suite('laws: concurrent flushes lose nothing');

/** Four processes record and flush, each in the middle of the others' commits, with locks that do not hold. */
async function lostInRace(blind: boolean): Promise<number> {
  const random = chance(7);
  let turn = 0;
  const pause = async () => {
    for (let i = 0; i <= turn++ % 3; i++) await Promise.resolve();
  };
  const repository = memoryGit('/repo', { blind, pause });
  const simulated: SimulatedDisk = simulatedDisk(() => 1_700_000_000_000);
  const disk = altered(simulated, (real) => ({
    createExclusive: (path, bytes, options) => path.includes('/lock/') || real.createExclusive(path, bytes, options),
  }));
  const contexts = [1, 2, 3, 4].map((pid) => ({
    repository,
    disk,
    effects: effectsOf(random, pid, new Set([1, 2, 3, 4])),
    reporter: SILENT,
  }));
  for (const context of contexts) initialiseClone(context);
  const reported: EntryId[] = [];
  const work = async (context: Context) => {
    for (let round = 0; round < 20; round++) {
      const recorder = openRecorder(openClone(context));
      reported.push(...recorder.record([draft(round)]).map((entry) => entry.id));
      recorder.rotate();
      await flush(openClone(context), { wait: true });
      await pause();
    }
  };
  await Promise.all(contexts.map(work));
  const { state } = await readState(contexts[0] as Context);
  return reported.filter((id) => !state.entries.has(id)).length;
}

races('because the ref moves by compare-and-swap', async () => {
  assert.is(await lostInRace(false), 0);
});

races('and do where the ref moves blindly', async () => {
  assert.ok((await lostInRace(true)) > 0);
});

races.run();
