/** What lies between machines: links that break, answers that get lost, pushes that arrive later, twice, or in another order. */
import { CmfError } from '../../src/domain/errors.ts';
import type { GitTransport, Oid, PushOutcome } from '../../src/ports/git.ts';
import type { Chance } from './chance.ts';
import { type Host, type Parcel, reachable } from './host.ts';
import type { Machine } from './machine.ts';

/** How often things go wrong on a link that works. */
const CUT = 0.03;
const LOST_ANSWER = 0.05;
const LATE = 0.05;

export type NetworkOptions = {
  readonly chance: () => Chance;
  readonly interlude: (machine: Machine) => Promise<void>;
};

export class Network {
  readonly hosts: readonly Host[];
  /** `<site> <host>` of links that are down. */
  readonly broken = new Set<string>();
  isReliable = false;
  deliveries = 0;
  readonly #options: NetworkOptions;
  #late: { readonly host: Host; readonly parcel: Parcel }[] = [];

  constructor(hosts: readonly Host[], options: NetworkOptions) {
    this.hosts = hosts;
    this.#options = options;
  }

  /** What is on its way arrives, in any order; some of it twice. */
  async deliver(): Promise<void> {
    const chance = this.#options.chance();
    const late = this.#late.map((one) => ({ one, order: chance.next() })).sort((a, b) => a.order - b.order);
    this.#late = late.filter(() => !this.isReliable && chance.happens(0.2)).map(({ one }) => one);
    for (const { one } of late) await this.#receive(one.host, one.parcel);
  }

  /** How a machine reaches the hosts. */
  transportOf(machine: Machine): GitTransport {
    return {
      listRemote: async (remote, prefixes) => {
        const { refs } = this.#reach(machine, remote).machine.storage;
        const shown = [...refs].filter(([name]) =>
          prefixes.some((one) => (one.endsWith('/') ? name.startsWith(one) : name === one)),
        );
        return shown.map(([name, oid]) => ({ name, oid })).sort((a, b) => (a.name < b.name ? -1 : 1));
      },
      fetch: async (remote, refspecs) => {
        await this.#options.interlude(machine);
        const { storage } = this.#reach(machine, remote).machine;
        for (const { from, to } of refspecs) {
          const oid = storage.refs.get(from);
          if (oid === undefined) throw new CmfError('not-found', { message: `${remote} has no ${from}` });
          for (const one of reachable(storage, [oid], machine.storage.store)) {
            const stored = storage.store.get(one);
            if (stored !== undefined) machine.storage.store.set(one, stored);
          }
          machine.storage.refs.set(to, oid);
          this.deliveries++;
        }
      },
      push: (remote, refspecs) => this.#push(machine, remote, refspecs),
      remotes: async () => this.hosts.map(({ url }) => url),
      remoteUrl: async () => undefined,
    };
  }

  async #push(
    machine: Machine,
    remote: string,
    refspecs: readonly { readonly from: Oid; readonly to: string }[],
  ): Promise<PushOutcome[]> {
    const host = this.#reach(machine, remote);
    const { store } = machine.storage;
    const theirs = host.machine.storage;
    const outcomes = new Map<string, PushOutcome>();
    const wanted = refspecs.map(({ from, to }) => ({ ref: to, old: theirs.refs.get(to), to: from }));
    await this.#options.interlude(machine);
    const updates = wanted.filter(({ ref, old, to }) => {
      if (old === to) outcomes.set(ref, { ref, status: 'up-to-date' });
      else if (old !== undefined && !reachable({ store }, [to]).has(old)) {
        outcomes.set(ref, { ref, status: 'rejected', reason: store.has(old) ? 'non-fast-forward' : 'fetch first' });
      }
      return !outcomes.has(ref);
    });
    if (updates.length > 0) {
      const objects: Parcel['objects'] = new Map();
      const tips = updates.map(({ to }) => to);
      for (const oid of reachable({ store }, tips, theirs.store)) {
        const stored = store.get(oid);
        if (stored !== undefined) objects.set(oid, stored);
      }
      for (const outcome of await this.#send(host, { objects, updates })) outcomes.set(outcome.ref, outcome);
    }
    return refspecs.flatMap(({ to }) => outcomes.get(to) ?? []);
  }

  async #send(host: Host, parcel: Parcel): Promise<PushOutcome[]> {
    const chance = this.#options.chance();
    if (!this.isReliable && chance.happens(LATE)) {
      this.#late.push({ host, parcel });
      throw cut(host);
    }
    const outcomes = await this.#receive(host, parcel);
    if (!this.isReliable && chance.happens(LOST_ANSWER)) {
      if (chance.happens(0.5)) this.#late.push({ host, parcel });
      throw cut(host);
    }
    return outcomes;
  }

  #receive(host: Host, parcel: Parcel): Promise<PushOutcome[]> {
    this.deliveries++;
    return host.receive(parcel, () => this.#options.interlude(host.machine));
  }

  #reach(machine: Machine, remote: string): Host {
    const host = this.hosts.find(({ url }) => url === remote);
    if (host === undefined) throw new CmfError('no-remote', { message: `${remote} does not exist` });
    const isCut = this.broken.has(`${machine.name} ${remote}`) || this.#options.chance().happens(CUT);
    if (!this.isReliable && isCut) throw cut(host);
    return host;
  }
}

function cut({ url }: Host): CmfError {
  return new CmfError('no-remote', { message: `${url} does not answer: connection reset` });
}
