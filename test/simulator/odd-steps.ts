/** Rare things: purges, keys that are pinned here and not there, records of a newer program. */
import { beginWriting } from '../../src/app/begin-writing.ts';
import { walDirectory } from '../../src/app/clone.ts';
import { openTicker } from '../../src/app/clone-clock.ts';
import { ADMIN_KEY } from '../../src/app/control.ts';
import { purgeEntries } from '../../src/app/purge-entries.ts';
import { openWal } from '../../src/app/wal.ts';
import { encodeCanonical } from '../../src/domain/canonical-json.ts';
import { verifyEntry } from '../../src/domain/entry.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { Host } from './host.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

/**
 * An admin purges a record, while others push. Only where this is the one host: on another, which knows of no purge,
 * somebody must delete the journal that still holds the record.
 */
export async function purgeOne(world: World, site: Machine, host: Host): Promise<void> {
  const { chance, told, hosts } = world;
  const target = chance.pick(site.reported);
  if (target === undefined || hosts.length > 1 || !host.hasHooks || host.machine.depth > 0) return;
  const isTold = told.must.delete(target.n);
  const done = await world.run(host.machine, `purge ${target.n}`, async (context) => {
    try {
      await purgeEntries({ ...context, server: host.server() }, [target.id], 'it must go');
      return true;
    } catch (error) {
      if (error instanceof CmfError && error.code === 'not-found') return false;
      throw error;
    }
  });
  if (done?.result === true) {
    told.retracted.delete(target.n);
    told.purged.add(target.n);
  } else if (done !== undefined && isTold) told.must.add(target.n);
}

/** The clone obeys the admins of a host from now on. */
export function pin(world: World, site: Machine, { machine, url }: Host): void {
  const keys = machine.storage.config.get(ADMIN_KEY);
  if (keys === undefined) return;
  site.storage.config.set(ADMIN_KEY, [...keys]);
  world.log.push(`${site.name}: pins the keys of ${url}`);
}

/** What only a newer program understands; it must come through as it is. */
export async function recordUnknown(world: World, site: Machine): Promise<void> {
  const { chance, told } = world;
  const isNeeded = chance.happens(0.3);
  const done = await world.run(site, 'record something unknown', async (context) => {
    const clone = await beginWriting(context);
    const ticker = openTicker(clone);
    const line = encodeCanonical({
      bucket: '_',
      hlc: ticker.next(),
      kind: 'dream',
      nonce: Buffer.from(clone.effects.randomBytes(8)).toString('hex'),
      on: { execution: '01900000-0000-7000-8000-000000000000' },
      op: { of: 'sheep' },
      writer: clone.writer,
      ...(isNeeded ? { must: true } : {}),
    });
    ticker.save();
    const wal = openWal(clone.disk, clone.effects, walDirectory(clone));
    wal.append([line]);
    wal.seal();
    return verifyEntry(line).id;
  });
  if (done !== undefined) told.strange.set(done.result, site.name);
}
