/** One history of the world: steps, then the network heals, everybody pushes and pulls, and all must see the same. */
import { digestOf } from '../../src/app/digest.ts';
import { readState } from '../../src/app/read-state.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { Chance, mixedSeed } from './chance.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { reachable } from './host.ts';
import type { Machine } from './machine.ts';
import { pin } from './odd-steps.ts';
import { merge } from './server-steps.ts';
import { adoptStrayLogs, meanwhile, pullFrom, pushTo, takeStep } from './steps.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type Plan = {
  readonly seed: number;
  readonly steps: number;
  /** Steps that are left out. */
  readonly without?: ReadonlySet<number>;
  readonly faults?: Faults;
};

export type Ending = { readonly world: World; readonly violation: string | undefined };

/** Lives a history. Whatever goes wrong in it is told, not thrown. */
export async function liveHistory({ seed, steps, without, faults = NO_FAULTS }: Plan): Promise<Ending> {
  const world = new World(mixedSeed(seed, -1), faults);
  world.meanwhile = (during) => meanwhile(world, during);
  try {
    for (let i = 0; i < steps; i++) {
      if (without?.has(i)) continue;
      world.chance = new Chance(mixedSeed(seed, i));
      world.log.push(`-- step ${i}`);
      await takeStep(world);
    }
    world.chance = new Chance(mixedSeed(seed, steps));
    await heal(world);
    await judge(world);
    return { world, violation: undefined };
  } catch (error) {
    const text =
      error instanceof Violation
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    return { world, violation: text };
  }
}

/** What breaks nothing any more: links work, machines run, clocks are right, and the right time has caught up with them. */
async function repair(world: World): Promise<void> {
  const { network, chance, hosts, sites } = world;
  network.broken.clear();
  network.isReliable = true;
  await network.deliver();
  for (const machine of [...sites, ...hosts.map((host) => host.machine)]) {
    machine.restart(() => chance.next(), machine.disk.isDown());
    machine.skewMs = 0;
  }
  world.nowMs += world.isWaiting || chance.happens(0.5) ? 7 * DAY_MS : HOUR_MS;
}

/** Ordinary commands only; and doctor, since a log from before a restart may be anybody's. */
async function heal(world: World): Promise<void> {
  const { sites, hosts } = world;
  world.log.push('-- all heals');
  await repair(world);
  for (const site of sites) for (const host of hosts) pin(world, site, host);
  for (const site of sites) await adoptStrayLogs(world, site);
  for (let round = 0; round < 2; round++) {
    for (const site of sites) for (const host of hosts) await requireDone(world, site, host, pushTo);
    for (const host of hosts) await merge(world, host, false);
    for (const site of sites) for (const host of hosts) await requireDone(world, site, host, pullFrom);
  }
}

type Command = (world: World, site: Machine, host: World['hosts'][number]) => Promise<boolean>;

async function requireDone(world: World, site: Machine, host: World['hosts'][number], command: Command): Promise<void> {
  if (!(await command(world, site, host))) throw new Violation(`does not heal: ${world.log.at(-1)}`);
}

async function judge(world: World): Promise<void> {
  const digests = new Map<string, string>();
  for (const site of world.sites) {
    const { context, end } = site.newProcess();
    const report = await digestOf(context, undefined);
    if (report.partial.length > 0) throw new Violation(`${site.name} knows only a part: ${report.partial.join('; ')}`);
    digests.set(site.name, `${report.entries} ${report.view}`);
    const { statements } = resolve((await readState(context)).state);
    end();
    for (const id of world.told.strange.keys()) {
      if (!statements.has(id)) throw new Violation(`${site.name} has lost ${id}, of a kind that it does not know`);
    }
    requireTold(world, site, new Map([...statements.values()].map((one) => [numberOf(one.entry), one.retracted])));
    requireUntouched(site);
    requirePurged(world, site);
  }
  if (new Set(digests.values()).size > 1) throw new Violation(`they see different things: ${[...digests].join(' ')}`);
  for (const { machine } of world.hosts) {
    requireUntouched(machine);
    requirePurged(world, machine);
  }
}

function numberOf({ operation }: { readonly operation: { readonly kind: string } }): number {
  const values = 'values' in operation ? (operation.values as Readonly<Record<string, unknown>>) : {};
  return Number(values['param.n'] ?? -1);
}

/** Against the plain list of what was reported. */
function requireTold({ told }: World, { name }: Machine, seen: ReadonlyMap<number, boolean>): void {
  for (const n of told.must) if (!seen.has(n)) throw new Violation(`${name} has lost record ${n}`);
  for (const n of seen.keys())
    if (n >= 0 && !told.begun.has(n)) throw new Violation(`${name} sees record ${n}, which nobody made`);
  for (const n of told.purged) if (seen.has(n)) throw new Violation(`${name} still has record ${n}, which was purged`);
  for (const n of told.retracted) {
    if (seen.get(n) === false) throw new Violation(`${name} shows record ${n}, which was taken back`);
  }
}

/** No ref may reach the bytes of what was purged. */
function requirePurged({ told }: World, { name, storage }: Machine): void {
  if (told.purged.size === 0) return;
  for (const oid of reachable(storage, [...storage.refs.values()])) {
    const stored = storage.store.get(oid);
    if (stored?.type !== 'blob') continue;
    for (const [, n] of Buffer.from(stored.bytes)
      .toString('utf8')
      .matchAll(/"param\.n":(\d+)/g)) {
      if (told.purged.has(Number(n))) throw new Violation(`refs of ${name} still reach record ${n}, which was purged`);
    }
  }
}

const REFS_MAX = 60;

function requireUntouched({ name, storage }: Machine): void {
  const others = [...storage.refs.keys()].filter((ref) => !/^refs\/(?:cmf|cmf-local|notes\/cmf)(?:\/|$)/.test(ref));
  if (others.join() !== 'refs/heads/main' || storage.refs.get('refs/heads/main') !== 'a'.repeat(40)) {
    throw new Violation(`the user's refs of ${name} changed: ${others.join()}`);
  }
  if (storage.refs.size > REFS_MAX) throw new Violation(`${name} has ${storage.refs.size} refs`);
}
