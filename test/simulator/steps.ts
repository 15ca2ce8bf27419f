/** What may happen in the world, one step at a time. */
import { beginWriting } from '../../src/app/begin-writing.ts';
import { openClone, walDirectory } from '../../src/app/clone.ts';
import { flush } from '../../src/app/flush.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { retractRecords } from '../../src/app/retract.ts';
import { findWals, ownerOf, sealWal } from '../../src/app/wal.ts';
import type { EntryDraft } from '../../src/domain/entry.ts';
import { type Bucket, type ExecutionId, pipelineId } from '../../src/domain/ids.ts';
import type { Disk } from '../../src/ports/disk.ts';
import { copyStorage, type MemoryStorage } from '../helpers/memory-git.ts';
import type { SimulatedDisk } from '../helpers/simulated-disk.ts';
import type { Host } from './host.ts';
import type { Machine } from './machine.ts';
import { pin, purgeOne, recordUnknown } from './odd-steps.ts';
import { merge } from './server-steps.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
const PIPELINES = ['churn', 'spam'] as const;
const EXECUTIONS = ['01900000-0000-7000-8000-000000000000', '01900000-0000-7000-8000-000000000001'] as const;

/** Records something. It counts as reported when the command has ended. */
export async function record(world: World, site: Machine, isWithin = false): Promise<void> {
  const { chance } = world;
  const drafts = Array.from({ length: 1 + chance.below(3) }, () => draftOf(world));
  const isSealed = chance.happens(0.7);
  const done = await world.run(site, 'record', async (context) => {
    const clone = isWithin ? openClone(context) : await beginWriting(context);
    const recorder = openRecorder(clone);
    const entries = recorder.record(drafts.map(({ draft }) => draft));
    if (isSealed) recorder.rotate();
    return entries;
  });
  for (const [i, { id }] of (done?.result ?? []).entries()) {
    const n = drafts[i]?.n ?? -1;
    site.reported.push({ id, n });
    world.told.must.add(n);
  }
}

function draftOf(world: World): { readonly n: number; readonly draft: EntryDraft } {
  const { chance } = world;
  const n = world.nextNumber();
  const name = chance.pick([undefined, ...PIPELINES]);
  const bucket: Bucket = name === undefined ? '_' : pipelineId('', name);
  const id = (chance.pick(EXECUTIONS) ?? EXECUTIONS[0]) as ExecutionId;
  const shared = chance.happens(0.5) ? { title: `title ${n}` } : {};
  return {
    n,
    draft: {
      bucket,
      subject: { kind: 'execution', id },
      operation: { kind: 'set', values: { 'param.n': n, ...shared } },
    },
  };
}

/** Pushes to a host. */
export async function pushTo(world: World, site: Machine, host: Host): Promise<boolean> {
  const done = await world.run(site, `push ${host.url}`, async (context) =>
    push(await beginWriting(context), host.url),
  );
  return done !== undefined;
}

/** Pulls from a host. */
export async function pullFrom(world: World, site: Machine, host: Host, pipeline?: string): Promise<boolean> {
  const id = pipeline === undefined ? undefined : pipelineId('', pipeline);
  return (
    (await world.run(site, `pull ${host.url} ${pipeline ?? ''}`, (context) => pull(context, host.url, id))) !==
    undefined
  );
}

/** What `git cmf doctor --fix` does about logs of which nobody can tell whether their processes live. */
export async function adoptStrayLogs(world: World, site: Machine): Promise<void> {
  await world.run(site, 'doctor --fix', async (context) => {
    const clone = await beginWriting(context);
    for (const file of findWals(clone.disk, walDirectory(clone))) {
      const owner = ownerOf(file.path.slice(file.path.lastIndexOf('/') + 1));
      if (!file.sealed && owner !== undefined && clone.effects.liveness(owner) !== 'alive') {
        sealWal(clone.disk, file.path);
      }
    }
    await flush(clone, { wait: true });
  });
}

async function retractOne(world: World, site: Machine): Promise<void> {
  const target = world.chance.pick(site.reported);
  if (target === undefined) return;
  const done = await world.run(site, `retract ${target.n}`, async (context) =>
    retractRecords(await beginWriting(context), [target.id]),
  );
  if (done !== undefined) world.told.retracted.add(target.n);
}

/** The next command dies somewhere. */
function armCrash(world: World, site: Machine): void {
  const { chance } = world;
  if (chance.happens(0.6)) site.disk.crashAt(site.disk.operations() + chance.below(25));
  else site.gitCallsLeft = chance.below(8);
}

function setClock(world: World, site: Machine): void {
  const { chance } = world;
  const hours = chance.pick([0, 0, 0.1, -0.1, 2, -2, 23, 30, 72, -72]) ?? 0;
  site.skewMs = hours * HOUR_MS;
  world.log.push(`${site.name}: its clock is ${hours} hours ahead`);
}

function changeLink(world: World, site: Machine): void {
  const { chance, network, hosts } = world;
  const link = `${site.name} ${chance.pick(hosts)?.url}`;
  if (!network.broken.delete(link)) network.broken.add(link);
  world.log.push(`link ${link} ${network.broken.has(link) ? 'is cut' : 'works'}`);
}

type Backup = { readonly storage: MemoryStorage; readonly disk: SimulatedDisk; readonly reported: number };
const backups = new WeakMap<Machine, Backup>();

/** Keeps a copy of a clone, or puts it back in its place: what was recorded since may be gone. */
function backUp(world: World, site: Machine): void {
  const kept = backups.get(site);
  if (kept === undefined) {
    const { storage, disk, reported } = site;
    backups.set(site, { storage: copyStorage(storage), disk: disk.copy(false), reported: reported.length });
    world.log.push(`${site.name}: backed up`);
    return;
  }
  backups.delete(site);
  world.isWaiting = true;
  for (const [id, name] of world.told.strange) if (name === site.name) world.told.strange.delete(id);
  // What was taken back since may stand again.
  for (const { n } of site.reported) world.told.retracted.delete(n);
  for (const { n } of site.reported.splice(kept.reported)) world.told.must.delete(n);
  site.storage = kept.storage;
  site.disk = kept.disk;
  site.boot++;
  world.log.push(`${site.name}: put back from its backup`);
}

function copy(world: World, site: Machine): void {
  const isNoticed = world.chance.happens(0.7);
  const made = world.copySite(site, !isNoticed);
  world.isWaiting = true;
  if (made !== undefined)
    world.log.push(`${made.name}: a copy of ${site.name}${isNoticed ? '' : ' that looks the same'}`);
}

/** A job that lives for one push. What it could not push is gone with it. */
async function throwAway(world: World, host: Host): Promise<void> {
  const site = world.addSite();
  world.sites.pop();
  site.storage.config.set('cmf.ephemeral', ['true']);
  await record(world, site);
  const isPushed = await pushTo(world, site, host);
  if (!isPushed) for (const { n } of site.reported) world.told.must.delete(n);
}

const SITE_STEPS: readonly (readonly [weight: number, step: (world: World, site: Machine, host: Host) => unknown])[] = [
  [10, (world, site) => record(world, site)],
  [
    3,
    (world, site) =>
      world.run(site, 'flush', async (context) =>
        flush(await beginWriting(context), { wait: true, live: world.chance.happens(0.5) }),
      ),
  ],
  [8, pushTo],
  [6, pullFrom],
  [1, (world, site, host) => pullFrom(world, site, host, world.chance.pick(PIPELINES))],
  [2, retractOne],
  [4, armCrash],
  [2, setClock],
  [2, changeLink],
  [1, backUp],
  [1, copy],
  [1, (world, _site, host) => throwAway(world, host)],
  [4, (world, _site, host) => merge(world, host)],
  [3, (world, site, host) => purgeOne(world, site, host)],
  [1, pin],
  [1, recordUnknown],
  [2, (world) => world.network.deliver()],
];

/** One step. */
export async function takeStep(world: World): Promise<void> {
  const { chance, sites, hosts } = world;
  world.counts.steps++;
  world.nowMs += chance.below(HOUR_MS);
  const [site, host] = [chance.pick(sites), chance.pick(hosts)];
  if (site === undefined || host === undefined) return;
  const total = SITE_STEPS.reduce((sum, [weight]) => sum + weight, 0);
  let left = chance.below(total);
  const found = SITE_STEPS.find(([weight]) => {
    left -= weight;
    return left < 0;
  });
  await found?.[1](world, site, host);
}

/** Another process flushes at the same time, as where a lock was broken: it must not matter. */
async function flushUnlocked(world: World, site: Machine): Promise<void> {
  await record(world, site, true);
  await world.run(site, 'flush', (context) => {
    const disk: Disk = Object.assign(Object.create(context.disk) as Disk, {
      createExclusive: (path: string, bytes: string, options: { readonly durable?: boolean }) =>
        path.includes('/lock/') || context.disk.createExclusive(path, bytes, options),
    });
    return flush(openClone({ ...context, disk }), { wait: true, live: true });
  });
}

/** What others do in the middle of a command: they push and pull; on the same machine somebody records. */
export async function meanwhile(world: World, during: Machine): Promise<void> {
  const { chance } = world;
  const others = world.sites.filter(({ depth }) => depth === 0);
  const host = chance.pick(world.hosts);
  const site = chance.pick(others);
  const isSite = world.sites.includes(during);
  if (isSite && chance.happens(0.2)) await record(world, during, true);
  else if (isSite && chance.happens(0.3)) await flushUnlocked(world, during);
  else if (host !== undefined && chance.happens(0.3)) await merge(world, host);
  else if (site !== undefined && host !== undefined) {
    if (chance.happens(0.7)) await pushTo(world, site, host);
    else await pullFrom(world, site, host);
  }
}
