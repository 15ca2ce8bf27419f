import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openHashCache } from '../../../src/adapters/files/hash-cache.ts';
import { RESULT_BYTES, writeKey, writeResult } from '../../../src/adapters/files/hash-result.ts';
import { recallOne } from '../../../src/adapters/files/recall-sums.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('hash-cache');

type Place = { readonly root: string; readonly cache: string };

function lay(): Place {
  const root = makeTempDirectory('hash-cache');
  return { root, cache: join(root, 'cmf/hashes') };
}

function oldFile({ root }: Place, name: string): string {
  writeFileSync(join(root, name), name);
  return join(root, name);
}

/** Waits until the clock of the file system has gone on, so that files made before are older than the next record. */
async function later(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function remember(place: Place, paths: readonly string[], seed = 1): void {
  const cache = openHashCache(place.cache);
  cache.begin();
  for (const path of paths) cache.note(resultOf(path, seed), 0);
  cache.save();
}

function resultOf(path: string, seed: number): Buffer {
  const result = Buffer.alloc(RESULT_BYTES);
  const hex = (length: number) => (seed % 256).toString(16).padStart(2, '0').repeat(length);
  writeResult(result, path, statSync(path), { md5: hex(16), blake3: hex(32), sha256: '' });
  return result;
}

function recall(place: Place, path: string): number | undefined {
  const cache = openHashCache(place.cache);
  const key = new Float64Array(5);
  writeKey(key, 0, statSync(path), path);
  return recallOne(cache, key)?.[0];
}

test('a file that did not change is found, in another process too', async () => {
  const place = lay();
  const paths = ['a', 'b', 'c'].map((name) => oldFile(place, name));
  await later();
  remember(place, paths, 7);
  for (const path of paths) assert.is(recall(place, path), 7);
});

test('whatever changes of a file, it is not found', async () => {
  const place = lay();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => oldFile(place, name)) as [string, string, string];
  await later();
  remember(place, [a, b, c]);
  appendFileSync(a, 'x');
  utimesSync(b, 1, 1);
  // The same size, and the times are put back: only the ctime tells.
  const { atimeMs, mtimeMs } = statSync(c);
  writeFileSync(c, 'C');
  utimesSync(c, atimeMs / 1000, mtimeMs / 1000);
  for (const path of [a, b, c]) assert.is(recall(place, path), undefined);
});

test('a file that is not older than the moment before hashing is not remembered', async () => {
  const place = lay();
  const cache = openHashCache(place.cache);
  cache.begin();
  const path = oldFile(place, 'fresh');
  cache.note(resultOf(path, 1), 0);
  cache.save();
  assert.is(recall(place, path), undefined);
});

test('of several records of a file the newest counts, and compaction keeps it', async () => {
  const place = lay();
  const path = oldFile(place, 'a');
  await later();
  for (let seed = 1; seed <= 70; seed++) {
    const cache = openHashCache(place.cache);
    cache.scan(() => undefined);
    cache.begin();
    cache.note(resultOf(path, seed), 0);
    cache.save();
  }
  assert.is(recall(place, path), 70);
  assert.ok(readFileSync(place.cache).length < 20 * 104);
});

test('a cache that is cut off or damaged loses records and nothing else, and is written anew', async () => {
  const place = lay();
  const [a, b] = ['a', 'b'].map((name) => oldFile(place, name)) as [string, string];
  await later();
  remember(place, [a], 1);
  const firstLength = statSync(place.cache).size;
  remember(place, [b], 2);
  truncateSync(place.cache, firstLength + 50);
  assert.is(recall(place, a), 1);
  assert.is(recall(place, b), undefined);
  const cache = openHashCache(place.cache);
  cache.scan(() => undefined);
  cache.begin();
  cache.note(resultOf(b, 3), 0);
  cache.save();
  assert.equal([recall(place, a), recall(place, b)], [1, 3]);
  for (const junk of ['', 'junk', Buffer.alloc(5000)]) {
    writeFileSync(place.cache, junk);
    assert.is(recall(place, a), undefined);
  }
});

test('very many records are not all held until the end', async () => {
  const place = lay();
  const path = oldFile(place, 'a');
  await later();
  const other = resultOf(path, 1);
  const cache = openHashCache(place.cache);
  cache.begin();
  cache.note(resultOf(path, 1), 0);
  for (let inode = 1; inode < 128 * 1024; inode++) {
    other.writeDoubleLE(inode, 8);
    cache.note(other, 0);
  }
  assert.is(recall(place, path), 1);
  cache.note(resultOf(path, 2), 0);
  assert.is(recall(place, path), 1);
  cache.save();
  assert.is(recall(place, path), 2);
});

test('two that write at once keep each other’s records', async () => {
  const place = lay();
  const [a, b] = ['a', 'b'].map((name) => oldFile(place, name)) as [string, string];
  await later();
  const [one, two] = [openHashCache(place.cache), openHashCache(place.cache)];
  for (const cache of [one, two]) {
    cache.scan(() => undefined);
    cache.begin();
  }
  one.note(resultOf(a, 1), 0);
  two.note(resultOf(b, 2), 0);
  two.save();
  one.save();
  assert.equal([recall(place, a), recall(place, b)], [1, 2]);
  assert.equal(readdirSync(join(place.root, 'cmf')), ['hashes']);
});

test('where nothing can be written nothing is remembered, and nothing fails', () => {
  const place = lay();
  const path = oldFile(place, 'a');
  writeFileSync(join(place.root, 'cmf'), 'a file is in the way');
  remember(place, [path]);
  assert.is(recall(place, path), undefined);
});

test.run();
