import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { retryingStorage } from '../../src/app/retrying-storage.ts';
import { StorageFailure } from '../../src/domain/storage-failure.ts';
import type { StorageKey } from '../../src/domain/storage-key.ts';
import type { ObjectStorage, StoredObject } from '../../src/ports/object-storage.ts';

const test = suite('retrying-storage');

const KEY = 'files/md5/aa/b' as StorageKey;
const POLICY = { triesMax: 3, firstPauseMs: 100, pauseMaxMs: 1000 };

/** A storage that fails so many times before it works. */
function failing(times: number, retryable = true) {
  let left = times;
  const pauses: number[] = [];
  const attempt = async <Result>(result: Result): Promise<Result> => {
    if (left-- > 0) throw new StorageFailure('environment', { message: 'cut', retryable });
    return result;
  };
  const inner: ObjectStorage = {
    parallel: 1,
    list: async function* () {
      for (const name of ['a', 'b', 'c']) {
        yield [{ key: name as StorageKey, sizeBytes: 1 }];
        await attempt(undefined);
      }
    },
    sizes: () => attempt(new Map([[KEY, 1]])),
    put: () => attempt(undefined),
    get: (_key, _path, options) => {
      options?.observe?.()(Buffer.from('x'));
      return attempt(1);
    },
    unfinished: () => attempt([]),
    remove: () => attempt(undefined),
    settle: async () => undefined,
    close: async () => undefined,
  };
  const patience = { sleep: async (ms: number) => void pauses.push(ms), randomBytes: () => new Uint8Array([0]) };
  return { storage: retryingStorage(inner, patience, POLICY), pauses };
}

test('tries again after growing pauses', async () => {
  const { storage, pauses } = failing(2);
  await storage.put(KEY, { path: '/x', sizeBytes: 1 });
  assert.equal(pauses, [50, 100]);
});

test('gives up with the last failure', async () => {
  const { storage, pauses } = failing(9);
  await storage.remove(KEY).then(
    () => assert.unreachable(),
    (error) => assert.instance(error, StorageFailure),
  );
  assert.is(pauses.length, 2);
});

test('does not try again what cannot pass', async () => {
  const { storage, pauses } = failing(1, false);
  await storage.sizes([KEY]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.equal(pauses, []);
});

test('who watches the bytes sees those of each try from the first on', async () => {
  const { storage } = failing(1);
  const seen: string[][] = [];
  const observe = () => {
    const own: string[] = [];
    seen.push(own);
    return (chunk: Uint8Array) => void own.push(Buffer.from(chunk).toString());
  };
  assert.is(await storage.get(KEY, '/x', { observe }), 1);
  assert.equal(seen, [['x'], ['x']]);
});

test('a listing that broke tells each object once', async () => {
  const { storage } = failing(2);
  const told: StoredObject[] = [];
  for await (const batch of storage.list('')) told.push(...batch);
  assert.equal(
    told.map(({ key }) => key),
    ['a', 'b', 'c'],
  );
});

test.run();
