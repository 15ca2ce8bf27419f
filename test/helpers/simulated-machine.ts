/**
 * A machine in memory for tests that must decide when things happen: a disk that counts and crashes, a git repository that
 * pauses, a clock that goes one millisecond a look, and processes that live until a test ends them.
 */
import { type Clone, type Context, initialiseClone, openClone } from '../../src/app/clone.ts';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { Bucket, ExecutionId } from '../../src/domain/ids.ts';
import type { Disk } from '../../src/ports/disk.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { GitRepository } from '../../src/ports/git.ts';
import { type MemoryGitOptions, memoryGit } from './memory-git.ts';
import { type SimulatedDisk, simulatedDisk } from './simulated-disk.ts';

/** Where the clone's own state lies on every simulated machine. */
export const STATE = '/repo/cmf';

export type SimulatedMachine = {
  readonly disk: SimulatedDisk;
  readonly repository: GitRepository;
  /** Processes that live. One that is not here is surely dead. */
  readonly alive: Set<number>;
  /** Processes of which nobody can tell whether they live. */
  readonly unknown: Set<number>;
  readonly clock: { nowMs: number };
  readonly said: string[];
  /** The world as a process sees it; `change` replaces parts of it. */
  contextOf(pid: number, change?: Partial<Context>): Context;
  /** The clone as a process sees it; it lives from now on. */
  cloneOf(pid: number, change?: Partial<Context>): Clone;
};

/** A machine with one initialised clone. */
export function simulatedMachine(options: MemoryGitOptions = {}): SimulatedMachine {
  const clock = { nowMs: 1_700_000_000_000 };
  const alive = new Set<number>();
  const unknown = new Set<number>();
  const said: string[] = [];
  const disk = simulatedDisk(() => clock.nowMs);
  const repository = memoryGit('/repo', options);
  let drawn = 0;
  const beats = new Set<{ readonly pid: number; readonly ms: number; readonly work: () => void; nextMs: number }>();
  /** What a process that died, or that is suspended, does no more. */
  const doRepeated = () => {
    for (const beat of beats) {
      if (!alive.has(beat.pid) || clock.nowMs < beat.nextMs) continue;
      beat.nextMs = clock.nowMs + beat.ms;
      beat.work();
    }
  };
  const effectsOf = (pid: number): Effects => ({
    nowMs: () => clock.nowMs++,
    randomBytes: (count) => Uint8Array.from({ length: count }, (_, i) => (drawn++ >>> (8 * (i % 4))) & 0xff),
    process: () => ({ bootId: 'boot', pidNamespace: '1', pid, startTime: '1' }),
    liveness: (other) => (unknown.has(other.pid) ? 'unknown' : alive.has(other.pid) ? 'alive' : 'dead'),
    sleep: (ms) => {
      clock.nowMs += ms;
      doRepeated();
      return new Promise((resolve) => setImmediate(resolve));
    },
    every: (ms, work) => {
      const beat = { pid, ms, work, nextMs: clock.nowMs + ms };
      beats.add(beat);
      return () => void beats.delete(beat);
    },
    environment: () => ({}),
  });
  const say = (message: string) => void said.push(message);
  const reporter = { warn: say, note: say, progress: () => undefined };
  const contextOf = (pid: number, change: Partial<Context> = {}): Context => {
    alive.add(pid);
    return { repository, disk, effects: effectsOf(pid), reporter, ...change };
  };
  initialiseClone(contextOf(1));
  const cloneOf = (pid: number, change?: Partial<Context>) => openClone(contextOf(pid, change));
  return { disk, repository, alive, unknown, clock, said, contextOf, cloneOf };
}

/** A disk with some methods replaced. */
export function alteredDisk(disk: Disk, change: (real: Disk) => Partial<Disk>): Disk {
  return Object.assign(Object.create(disk) as Disk, change(disk));
}

/** Something to record: the parameter `n` of an execution. */
export function draftOf(n: unknown, bucket: Bucket = '_'): EntryDraft {
  const id = '01900000-0000-7000-8000-000000000000' as ExecutionId;
  return { bucket, subject: { kind: 'execution', id }, operation: { kind: 'set', values: { 'param.n': n as number } } };
}
