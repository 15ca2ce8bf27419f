import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkStorage } from '../../src/app/check-storage.ts';
import type { Context } from '../../src/app/clone.ts';
import type { Storage } from '../../src/domain/storage.ts';
import { StorageFailure } from '../../src/domain/storage-failure.ts';
import type { StorageKey } from '../../src/domain/storage-key.ts';
import type { ObjectStorage } from '../../src/ports/object-storage.ts';

const test = suite('check-storage');

const STORAGE = {
  name: 'lake',
  url: 's3://bucket/x',
  address: { kind: 's3', bucket: 'bucket', prefix: 'x' },
  settings: new Map(),
  level: 'repository',
  isDefault: true,
} as const satisfies Storage;

const DAY_MS = 86_400_000;

/** A clone and a storage in memory; `change` makes one operation another. */
function world(change: (objects: ObjectStorage, held: Map<string, Uint8Array>) => Partial<ObjectStorage> = () => ({})) {
  const disk = new Map<string, Uint8Array>();
  const held = new Map<string, Uint8Array>();
  const context = {
    repository: { layout: { commonDir: '/g' } },
    effects: { nowMs: () => 100 * DAY_MS, randomBytes: (count: number) => new Uint8Array(count).fill(7) },
    disk: {
      writeHint: (path: string, bytes: Uint8Array) => void disk.set(path, bytes),
      read: (path: string) => disk.get(path),
      remove: (path: string) => void disk.delete(path),
    },
  } as unknown as Context;
  const objects: ObjectStorage = {
    parallel: 1,
    list: async function* () {
      for (const [key, { length }] of held) yield [{ key: key as StorageKey, sizeBytes: length }];
    },
    sizes: async (keys) => new Map(keys.flatMap((key) => (held.has(key) ? [[key, 1] as const] : []))),
    put: async (key, { path }) => void held.set(key, disk.get(path) ?? new Uint8Array()),
    get: async (key, path) => disk.set(path, held.get(key) ?? new Uint8Array()).size,
    unfinished: async () => [],
    remove: async (key) => void held.delete(key),
    settle: async () => undefined,
    close: async () => undefined,
  };
  const used = { ...objects, ...change(objects, held) };
  const check = async (writes: boolean, tidies = false) => {
    const findings = await checkStorage(context, STORAGE, async () => used, { writes, tidies });
    return findings.map(({ level, message }) => `${level}: ${message}`);
  };
  return { check, held, disk };
}

const broken = async () => {
  throw new StorageFailure('environment', { message: 'the disk is full' });
};

test('says what works, and leaves nothing behind', async () => {
  const { check, held, disk } = world();
  held.set('files/md5/aa/x', new Uint8Array(1));
  assert.equal(await check(false), ['ok: s3://bucket/x answers: 1 object', 'notice: writing was not tried']);
  assert.equal(await check(true), ['ok: s3://bucket/x answers: 1 object', 'ok: writing, reading and removing work']);
  assert.equal([[...held.keys()], [...disk.keys()]], [['files/md5/aa/x'], []]);
});

test('removes what was left unfinished more than a day ago, when asked to', async () => {
  const file = (name: string, ageMs: number) => ({
    key: `files/md5/aa/.${name}.tmp` as StorageKey,
    sizeBytes: 1000,
    modifiedMs: 100 * DAY_MS - ageMs,
  });
  const left = [file('old', DAY_MS + 1), file('young', DAY_MS), file('ahead', -DAY_MS)];
  const { check, held } = world((_objects, all) => ({
    unfinished: async () => left.filter(({ key }) => all.has(key)),
  }));
  for (const { key } of left) held.set(key, new Uint8Array(1000));
  await check(false);
  assert.is(held.size, 3);
  assert.is((await check(false, true)).at(-1), 'ok: removed 1 file that killed pushes left unfinished, 1.00 kB');
  assert.equal(
    [...held.keys()],
    left.slice(1).map(({ key }) => key),
  );
  assert.is((await check(false, true)).at(-1), 'ok: nothing was left unfinished more than a day ago');
});

test('the probe is where DVC looks for nothing', async () => {
  const keys: string[] = [];
  const { check } = world((objects) => ({
    put: async (key, source) => {
      keys.push(key);
      await objects.put(key, source);
    },
  }));
  await check(true);
  assert.equal(keys, ['cmf/probe/0707070707070707']);
});

test('what does not work is a finding, and the probe is gone', async () => {
  assert.equal(await world(() => ({ put: broken })).check(true), [
    'ok: s3://bucket/x answers: nothing is in it yet',
    'wrong: the disk is full',
  ]);
  const { check, held } = world(() => ({ get: broken }));
  assert.equal((await check(true)).at(-1), 'wrong: the disk is full');
  assert.is(held.size, 0);
});

test('other bytes, and what cannot be removed, are noticed', async () => {
  const spoiling = world((objects, held) => ({
    get: (key, path) => {
      held.set(key, new Uint8Array([1]));
      return objects.get(key, path);
    },
  }));
  assert.equal((await spoiling.check(true)).at(-1), 'wrong: what was written came back with other bytes');
  const keeping = world(() => ({ remove: async () => undefined }));
  assert.match((await keeping.check(true)).at(-1) ?? '', /is still there after it was removed/);
});

test.run();
