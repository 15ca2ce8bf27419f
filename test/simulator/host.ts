/** A repository that others push to: with the hooks of a central one, or without. */
import { wantMerge } from '../../src/app/merge-worker.ts';
import type { ServerContext } from '../../src/app/server.ts';
import { runHook } from '../../src/faces/hooks/dispatch.ts';
import type { Oid, PushOutcome } from '../../src/ports/git.ts';
import type { GitServer } from '../../src/ports/git-server.ts';
import { type MemoryStorage, namedBy } from '../helpers/memory-git.ts';
import type { Machine } from './machine.ts';
import { Violation } from './violation.ts';

/** One ref of a push: what the pusher saw there, and what shall be there. */
export type PushedRef = { readonly ref: string; readonly old: Oid | undefined; readonly to: Oid };

/** A push on its way. */
export type Parcel = { readonly objects: MemoryStorage['store']; readonly updates: readonly PushedRef[] };

const NO_OBJECT = '0'.repeat(40);

export class Host {
  readonly machine: Machine;
  readonly hasHooks: boolean;
  readonly #isBlind: boolean;

  constructor(machine: Machine, hasHooks: boolean, isBlind: boolean) {
    this.machine = machine;
    this.hasHooks = hasHooks;
    this.#isBlind = isBlind;
  }

  get url(): string {
    return this.machine.name;
  }

  /** What receive-pack does: quarantine, hook, then each ref by compare-and-swap. */
  async receive({ objects, updates }: Parcel, interlude: () => Promise<void>): Promise<PushOutcome[]> {
    const { store, refs } = this.machine.storage;
    const fresh = [...objects].filter(([oid]) => !store.has(oid));
    for (const [oid, stored] of fresh) store.set(oid, stored);
    const complaint = this.hasHooks ? await this.#preReceive(updates) : '';
    if (complaint !== '') {
      for (const [oid] of fresh) store.delete(oid);
      return updates.map(({ ref }) => ({ ref, status: 'rejected', reason: `pre-receive hook declined\n${complaint}` }));
    }
    await interlude();
    const outcomes = updates.map(({ ref, old, to }): PushOutcome => {
      const before = refs.get(ref);
      if (before !== old && !this.#isBlind) return { ref, status: 'rejected', reason: 'failed to update ref' };
      if (before !== undefined && !historyOf(this.machine.storage, to).has(before)) {
        throw new Violation(`${ref} of ${this.url} lost what it had`);
      }
      refs.set(ref, to);
      return { ref, status: 'ok' };
    });
    if (this.hasHooks) await this.asServer(async (context) => wantMerge(context));
    return outcomes;
  }

  /** Does something as a process of the server. */
  async asServer<Result>(work: (context: ServerContext) => Promise<Result>): Promise<Result> {
    const { context, end } = this.machine.newProcess();
    try {
      return await work({ ...context, server: this.server() });
    } finally {
      end();
    }
  }

  #preReceive(updates: readonly PushedRef[]): Promise<string> {
    const input = updates.map(({ ref, old, to }) => `${old ?? NO_OBJECT} ${to} ${ref}\n`).join('');
    return this.asServer(async (context) => {
      const { exitCode, stderr } = await runHook('pre-receive', input, { context, server: context.server });
      return exitCode === 0 ? '' : stderr;
    });
  }

  /** The server's side of the repository. */
  server(): GitServer {
    const { storage } = this.machine;
    return {
      newObjects: async function* (commits) {
        const known = reachable(storage, [...storage.refs.values()]);
        yield* reachable(storage, commits, known);
      },
      hooksDirectory: async () => '/repo/hooks',
      settings: async (key) => storage.config.get(key) ?? [],
      addSetting: async (key, value) => void storage.config.set(key, [...(storage.config.get(key) ?? []), value]),
      removeSetting: async (key, value) => {
        const left = (storage.config.get(key) ?? []).filter((one) => one !== value);
        storage.config.set(key, left);
      },
    };
  }
}

/** A commit and all before it. */
function historyOf({ store }: MemoryStorage, tip: Oid): Set<Oid> {
  const found = new Set<Oid>();
  for (const pending = [tip]; pending.length > 0; ) {
    const next = pending.pop();
    const stored = next === undefined ? undefined : store.get(next);
    if (next === undefined || stored?.type !== 'commit' || found.has(next)) continue;
    found.add(next);
    pending.push(...stored.parents);
  }
  return found;
}

/** All that the tips reach, without what is left out and what that reaches. */
export function reachable(
  { store }: Pick<MemoryStorage, 'store'>,
  tips: readonly Oid[],
  without: { readonly has: (oid: Oid) => boolean } = new Set<Oid>(),
): Set<Oid> {
  const found = new Set<Oid>();
  const pending = [...tips];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next) || without.has(next)) continue;
    found.add(next);
    pending.push(...namedBy(store.get(next)));
  }
  return found;
}
