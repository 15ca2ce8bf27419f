/** One history of the world: steps, then the network heals, everybody pushes and pulls, and all must see the same. */
import { digestOf } from '../../src/app/digest.ts';
import { readState } from '../../src/app/read-state.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { Chance, mixedSeed } from './chance.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import type { Machine } from './machine.ts';
import { adoptStrayLogs, meanwhile, pullFrom, pushTo, takeStep } from './steps.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

const DAY_MS = 86_400_000;

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

/** Ordinary commands only; and doctor, since a log from before a restart may be anybody's. The right time has caught up with the clocks that were ahead. */
async function heal(world: World): Promise<void> {
  world.log.push('-- all heals');
  world.network.broken.clear();
  world.network.isReliable = true;
  await world.network.deliver();
  for (const site of world.sites) {
    site.restart(() => world.chance.next(), site.disk.isDown());
    site.skewMs = 0;
  }
  world.nowMs += (world.chance.happens(0.5) ? 7 : 0) * DAY_MS;
  for (const site of world.sites) await adoptStrayLogs(world, site);
  for (let round = 0; round < 2; round++) {
    for (const site of world.sites) for (const host of world.hosts) await requireDone(world, site, host, pushTo);
    for (const host of world.hosts) await host.merge(false);
    for (const site of world.sites) for (const host of world.hosts) await requireDone(world, site, host, pullFrom);
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
    const { state } = await readState(context);
    end();
    requireTold(
      world,
      site,
      new Map([...resolve(state).statements.values()].map((one) => [numberOf(one.entry), one.retracted])),
    );
    requireUntouched(site);
  }
  if (new Set(digests.values()).size > 1) throw new Violation(`they see different things: ${[...digests].join(' ')}`);
  for (const { machine } of world.hosts) requireUntouched(machine);
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
  for (const n of told.retracted) {
    if (seen.get(n) === false) throw new Violation(`${name} shows record ${n}, which was taken back`);
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
