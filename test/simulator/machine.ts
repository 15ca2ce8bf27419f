/** One machine of the simulated world: a disk that crashes, a repository, a clock that may be wrong, processes. */
import type { Context } from '../../src/app/clone.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import type { Effects } from '../../src/ports/effects.ts';
import type { GitTransport } from '../../src/ports/git.ts';
import { type MemoryStorage, memoryGit } from '../helpers/memory-git.ts';
import { PowerCut, type SimulatedDisk } from '../helpers/simulated-disk.ts';
import type { Faults } from './faults.ts';

/** What a machine is given by the world around it. */
export type Surroundings = {
  readonly faults: Faults;
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Others may do something here. */
  readonly interlude: (machine: Machine) => Promise<void>;
  readonly transportOf: (machine: Machine) => GitTransport;
};

/** A record that a finished command reported. */
export type Reported = { readonly id: EntryId; readonly n: number };

export class Machine {
  readonly name: string;
  readonly said: string[] = [];
  /** Records that must be seen everywhere in the end, by what they say. */
  readonly reported: Reported[] = [];
  readonly #around: Surroundings;
  storage: MemoryStorage;
  disk: SimulatedDisk;
  /** How far the clock is from the right time, in milliseconds. */
  skewMs = 0;
  boot = 0;
  /** Commands that run here now, one within the other. */
  depth = 0;
  /** Calls of git until the machine dies; undefined: it does not. */
  gitCallsLeft: number | undefined;
  #lastPid = 1;
  readonly #alive = new Set<number>();
  #slept = 0;

  constructor(
    name: string,
    parts: { readonly storage: MemoryStorage; readonly disk: SimulatedDisk },
    around: Surroundings,
  ) {
    this.name = name;
    this.storage = parts.storage;
    this.disk = parts.disk;
    this.#around = around;
  }

  /** The world as a new process sees it. */
  newProcess(): { readonly context: Context; readonly end: () => void } {
    const pid = ++this.#lastPid;
    this.#alive.add(pid);
    const say = (message: string) => void this.said.push(message);
    const repository = memoryGit('/repo', {
      storage: this.storage,
      blind: this.#around.faults.blindRefs,
      step: () => this.#gitStep(),
      pause: () => this.#around.interlude(this),
      transport: this.#around.transportOf(this),
    });
    const context = {
      repository: this.#around.faults.repository(repository),
      disk: this.#around.faults.disk(this.disk),
      effects: this.#effectsOf(pid),
      reporter: { warn: say, note: say, progress: () => undefined },
    };
    return { context, end: () => void this.#alive.delete(pid) };
  }

  /** After a crash: the power comes back, or only the process had died. */
  restart(choose: () => number, isPowerCut: boolean): void {
    this.gitCallsLeft = undefined;
    this.#alive.clear();
    if (isPowerCut) {
      this.boot++;
      this.disk.restart(choose);
    } else this.disk.revive();
  }

  /** Throws where the machine is down, or goes down now. */
  #gitStep(): void {
    if (this.disk.isDown()) throw new PowerCut();
    if (this.gitCallsLeft === undefined || this.gitCallsLeft-- > 0) return;
    this.disk.crashAt(0);
    throw new PowerCut();
  }

  #effectsOf(pid: number): Effects {
    const bootId = `${this.name} ${this.boot}`;
    return {
      nowMs: () => this.#around.nowMs() + this.skewMs + this.#slept,
      randomBytes: this.#around.randomBytes,
      process: () => ({ bootId, pidNamespace: '1', pid, startTime: '1' }),
      liveness: (other) => {
        if (other.bootId !== `${this.name} ${this.boot}`) return 'unknown';
        return this.#alive.has(other.pid) ? 'alive' : 'dead';
      },
      // Whoever waits here waits for the dead: nothing else happens meanwhile.
      sleep: async (ms) => {
        this.#slept += ms * 100;
      },
      every: () => () => undefined,
      environment: () => ({}),
    };
  }
}
