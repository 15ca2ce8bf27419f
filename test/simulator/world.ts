/** The simulated world: sites that record, hosts that they push to, a network, a time, and what everybody was told. */
import { type Context, initialiseClone } from '../../src/app/clone.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import type { Oid } from '../../src/ports/git.ts';
import { copyStorage, memoryStorage } from '../helpers/memory-git.ts';
import { PowerCut, simulatedDisk } from '../helpers/simulated-disk.ts';
import { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import { Host } from './host.ts';
import { Machine } from './machine.ts';
import { Network } from './network.ts';

const HEAD = 'a'.repeat(40) as Oid;
const BEGIN_MS = 1_767_225_600_000;
/** A site that grows more than this is enough of a world. */
const SITES_MAX = 6;

/** What everybody was told, to be held against what they see in the end. */
export type Told = {
  /** Numbers of records that were reported, and so must be seen by all. */
  readonly must: Set<number>;
  /** Numbers of all records that anybody ever began to write. */
  readonly begun: Set<number>;
  /** Numbers of records whose retraction was reported. */
  readonly retracted: Set<number>;
  /** Numbers of records whose purge was reported. */
  readonly purged: Set<number>;
  /** Records of kinds that this program does not know, with the site that made them. */
  readonly strange: Map<EntryId, string>;
};

export class World {
  readonly told: Told = {
    must: new Set(),
    begun: new Set(),
    retracted: new Set(),
    purged: new Set(),
    strange: new Map(),
  };
  readonly counts = { steps: 0, crashes: 0, failures: 0, commands: 0 };
  readonly sites: Machine[] = [];
  readonly hosts: Host[];
  readonly network: Network;
  readonly log: string[] = [];
  readonly faults: Faults;
  /** The numbers that the step going on draws from. */
  chance: Chance;
  nowMs = BEGIN_MS;
  /** A copy may hold records of its original that are dated far ahead, and must wait for that time. */
  isWaiting = false;
  /** Something else may happen in the middle of a command; set by the story. */
  meanwhile: ((during: Machine) => Promise<void>) | undefined;
  #serial = 0;
  #nesting = 0;

  constructor(seed: number, faults: Faults) {
    this.faults = faults;
    this.chance = new Chance(seed);
    const kinds =
      this.chance.pick([[true], [true], [false], [true, false], [true, true], [false, false], [true, true, false]]) ??
      [];
    this.hosts = kinds.map((hasHooks, i) => new Host(this.#newMachine(`host${i}`), hasHooks, faults.blindHosts));
    this.network = new Network(this.hosts, {
      chance: () => this.chance,
      interlude: (machine) => this.#interlude(machine),
    });
    const count = 2 + this.chance.below(3);
    for (let i = 0; i < count; i++) this.addSite();
  }

  /** A number for a new record. */
  nextNumber(): number {
    this.told.begun.add(this.#serial);
    return this.#serial++;
  }

  /** A new clone that records. */
  addSite(): Machine {
    const site = this.#newMachine(`site${this.sites.length}`);
    const { context, end } = site.newProcess();
    initialiseClone(context);
    site.disk.syncDirectory('/repo/cmf');
    end();
    this.sites.push(site);
    return site;
  }

  /** A copy of a clone, with new inodes or, as an image of a disk, with the same. */
  copySite(original: Machine, sameInodes: boolean): Machine | undefined {
    if (this.sites.length >= SITES_MAX) return undefined;
    const parts = { storage: copyStorage(original.storage), disk: original.disk.copy(sameInodes) };
    const site = new Machine(`site${this.sites.length}`, parts, this.#surroundings());
    site.boot = original.boot;
    this.sites.push(site);
    return site;
  }

  /**
   * Runs a command on a machine. A crash in it restarts the machine; an error that is none of ours is a violation.
   * @returns undefined when it did not finish
   */
  async run<Result>(
    machine: Machine,
    name: string,
    work: (context: Context) => Promise<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    this.counts.commands++;
    this.nowMs += 1 + this.chance.below(2000);
    const { context, end } = machine.newProcess();
    machine.depth++;
    try {
      const result = await work(context);
      this.log.push(`${machine.name}: ${name}`);
      return { result };
    } catch (error) {
      if (error instanceof PowerCut) this.#crashed(machine, name, error);
      else if (error instanceof CmfError) {
        this.counts.failures++;
        this.log.push(`${machine.name}: ${name}: ${error.code}: ${error.message}`);
      } else throw error;
      return undefined;
    } finally {
      machine.depth--;
      end();
    }
  }

  /** What a machine of this world lives in. */
  #newMachine(name: string): Machine {
    const storage = memoryStorage();
    storage.refs.set('refs/heads/main', HEAD);
    return new Machine(name, { storage, disk: simulatedDisk(() => this.nowMs) }, this.#surroundings());
  }

  #surroundings() {
    return {
      faults: this.faults,
      nowMs: () => this.nowMs++,
      randomBytes: (count: number) => this.chance.bytes(count),
      interlude: (machine: Machine) => this.#interlude(machine),
      transportOf: (machine: Machine) => this.network.transportOf(machine),
    };
  }

  #crashed(machine: Machine, name: string, error: PowerCut): void {
    // A process within another one of the same machine: all go down together.
    if (machine.depth > 1) throw error;
    this.counts.crashes++;
    const isPowerCut = this.chance.happens(0.5);
    machine.restart(() => this.chance.next(), isPowerCut);
    this.log.push(`${machine.name}: ${name}: ${isPowerCut ? 'the power was cut' : 'killed'}`);
  }

  async #interlude(during: Machine): Promise<void> {
    if (this.meanwhile === undefined || this.#nesting > 0 || this.network.isReliable) return;
    if (!this.chance.happens(0.15)) return;
    this.#nesting++;
    try {
      await this.meanwhile(during);
    } finally {
      this.#nesting--;
    }
  }
}
