import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { StorageFailure } from '../../src/domain/storage-failure.ts';
import { objectKey, type StorageKey } from '../../src/domain/storage-key.ts';
import type { ObjectStorage } from '../../src/ports/object-storage.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

/** A storage to be tested. */
export type StorageSubject = {
  /** Opens a new, empty one; `again` opens the same once more, as somebody else. */
  readonly fresh: () => Promise<{ readonly storage: ObjectStorage; readonly again: () => Promise<ObjectStorage> }>;
  readonly stop?: () => Promise<void>;
};

/** What a failure says: its code, whether it may pass, its words. */
export async function failureOf(act: Promise<unknown>): Promise<StorageFailure> {
  try {
    await act;
  } catch (error) {
    if (error instanceof StorageFailure) return error;
    throw error;
  }
  throw new Error('did not fail');
}

/** A file with these bytes, and the key that DVC has for it. */
export function fileWith(bytes: Uint8Array): {
  readonly path: string;
  readonly sizeBytes: number;
  readonly key: StorageKey;
} {
  const path = join(makeTempDirectory('source'), 'file');
  writeFileSync(path, bytes);
  const md5 = createHash('md5').update(bytes).digest('hex');
  return { path, sizeBytes: bytes.length, key: objectKey({ layout: 'md5', md5, isDirectory: false }) };
}

export async function listed(storage: ObjectStorage, prefix: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const batch of storage.list(prefix)) for (const { key, sizeBytes } of batch) found.set(key, sizeBytes);
  return found;
}

const target = () => join(makeTempDirectory('target'), 'file');

/** What every ObjectStorage must do. The caller runs the suite, which may have got more tests by then. */
export function storageSuite(name: string, start: () => Promise<StorageSubject>): Test<{ subject: StorageSubject }> {
  const test = suite<{ subject: StorageSubject }>(`storage: ${name}`);
  test.before(async (context) => {
    context.subject = await start();
  });
  test.after(async (context: { readonly subject?: StorageSubject }) => {
    await context.subject?.stop?.();
  });

  test('nothing is in a new one', async ({ subject }) => {
    const { storage } = await subject.fresh();
    const { key } = fileWith(Buffer.from('none'));
    assert.equal(await listed(storage, 'files/md5/'), new Map());
    assert.equal(await storage.sizes([key]), new Map());
    const failure = await failureOf(storage.get(key, target()));
    assert.is(failure.code, 'not-found');
    assert.not(failure.retryable);
    assert.equal(await storage.unfinished(), []);
    await storage.remove(key);
    await storage.close();
  });

  for (const [words, size] of [
    ['an empty file', 0],
    ['one byte', 1],
    ['some', 100_003],
    ['many bytes', 20 * 1024 * 1024 + 7],
  ] as const) {
    test(`${words} come back as they were`, async ({ subject }) => {
      const { storage, again } = await subject.fresh();
      const bytes = randomBytes(size);
      const source = fileWith(bytes);
      await storage.put(source.key, source);
      await storage.settle();
      const other = await again();
      assert.equal(await other.sizes([source.key]), new Map([[source.key, size]]));
      assert.equal(await listed(other, 'files/md5/'), new Map([[source.key, size]]));
      for (const observed of [false, true]) {
        const path = target();
        const hash = createHash('md5');
        const options = observed ? { observe: () => (chunk: Uint8Array) => void hash.update(chunk) } : {};
        assert.is(await other.get(source.key, path, options), size);
        assert.ok(readFileSync(path).equals(bytes));
        if (observed) assert.is(hash.digest('hex'), source.key.slice('files/md5/'.length).replace('/', ''));
      }
      await Promise.all([storage.close(), other.close()]);
    });
  }

  test('doing it again changes nothing, and another file replaces what was there', async ({ subject }) => {
    const { storage } = await subject.fresh();
    const [first, second] = [fileWith(Buffer.from('first')), fileWith(Buffer.from('the second'))];
    await storage.put(first.key, first);
    await storage.put(first.key, first);
    assert.is((await storage.sizes([first.key])).get(first.key), 5);
    const legacy = objectKey({ layout: 'legacy', md5: 'a'.repeat(32), isDirectory: true });
    await storage.put(legacy, first);
    await storage.put(legacy, second);
    assert.is((await storage.sizes([legacy])).get(legacy), 10);
    await storage.remove(legacy);
    await storage.remove(legacy);
    assert.equal(await storage.sizes([legacy, first.key]), new Map([[first.key, 5]]));
    await storage.close();
  });

  test('a listing takes what begins with the prefix', async ({ subject }) => {
    const { storage } = await subject.fresh();
    const source = fileWith(Buffer.from('x'));
    const keys = ['aa', 'ab', 'b0'].map((start) =>
      objectKey({ layout: 'md5', md5: start.padEnd(32, '0'), isDirectory: start === 'ab' }),
    );
    const legacy = objectKey({ layout: 'legacy', md5: 'aa'.padEnd(32, '0'), isDirectory: false });
    for (const key of [...keys, legacy]) await storage.put(key, source);
    const names = async (prefix: string) => [...(await listed(storage, prefix)).keys()].sort();
    assert.equal(await names('files/md5/'), keys);
    assert.equal(await names('files/md5/a'), keys.slice(0, 2));
    assert.equal(await names('files/md5/aa/'), keys.slice(0, 1));
    assert.equal(await names('files/md5/aa/000'), keys.slice(0, 1));
    assert.equal(await names('files/md5/c'), []);
    assert.equal(await names('aa/'), [legacy]);
    assert.equal(await names(''), [legacy, ...keys]);
    await storage.close();
  });

  test('many at once, and of many who put the same all succeed', async ({ subject }) => {
    const { storage, again } = await subject.fresh();
    const other = await again();
    const sources = Array.from({ length: 120 }, (_, i) => fileWith(Buffer.from(`object ${i}`)));
    await Promise.all(sources.flatMap((source) => [storage, other].map((one) => one.put(source.key, source))));
    const sizes = await storage.sizes(sources.map(({ key }) => key));
    assert.is(sizes.size, 120);
    assert.is((await listed(storage, 'files/md5/')).size, 120);
    await Promise.all(
      sources.map(async ({ key, sizeBytes }) => assert.is(await storage.get(key, target()), sizeBytes)),
    );
    await Promise.all([storage.close(), other.close()]);
  });

  test('a file that is not as long as it was is not stored', async ({ subject }) => {
    const { storage } = await subject.fresh();
    const source = fileWith(Buffer.alloc(300_000, 1));
    for (const sizeBytes of [299_999, 300_001]) {
      const failure = await failureOf(storage.put(source.key, { ...source, sizeBytes }));
      assert.is(failure.code, 'conflict');
    }
    const gone = await failureOf(storage.put(source.key, { path: `${source.path}-none`, sizeBytes: 1 }));
    assert.is(gone.code, 'conflict');
    assert.equal(await listed(storage, ''), new Map());
    await storage.close();
  });

  test('a file that was written to since it was looked at is not stored, however long it is', async ({ subject }) => {
    const { storage } = await subject.fresh();
    for (const size of [1000, 300_000, 9_000_000]) {
      const source = fileWith(Buffer.alloc(size, 1));
      const looked = { ...source, modifiedMs: statSync(source.path).mtimeMs };
      await storage.put(source.key, looked);
      await storage.remove(source.key);
      utimesSync(source.path, 1e9, 1e9);
      assert.is((await failureOf(storage.put(source.key, looked))).code, 'conflict');
    }
    assert.equal(await listed(storage, ''), new Map());
    await storage.close();
  });

  test('what is in the way of a new file stays', async ({ subject }) => {
    const { storage } = await subject.fresh();
    const source = fileWith(Buffer.from('new'));
    await storage.put(source.key, source);
    const path = target();
    writeFileSync(path, 'old');
    assert.is((await failureOf(storage.get(source.key, path))).code, 'environment');
    assert.is(readFileSync(path, 'utf8'), 'old');
    const nowhere = join(path, 'x');
    assert.is((await failureOf(storage.get(source.key, nowhere))).code, 'environment');
    assert.not(existsSync(nowhere));
    await storage.close();
  });

  return test;
}
