import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher } from '../../../src/adapters/files/hasher.ts';
import type { CachePlace } from '../../../src/domain/dvc-cache.ts';
import { dirEntriesOf } from '../../../src/domain/hashed-files.ts';
import type { HashedDirectory } from '../../../src/ports/hasher.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('hash-directory');

const FILES = 80;

type Place = { readonly root: string; readonly cache: CachePlace };

/** A directory with so many files that it is remembered. */
async function lay(): Promise<Place> {
  const root = makeTempDirectory('hash-directory');
  mkdirSync(join(root, 'd/sub'), { recursive: true });
  for (let i = 0; i < FILES; i++) writeFileSync(join(root, fileName(i)), `content ${i}`.padEnd(20));
  await later();
  return { root, cache: { directory: join(root, 'cache'), linkTypes: ['copy'], group: false } };
}

function fileName(i: number): string {
  return i % 2 === 0 ? `d/f${i}` : `d/sub/f${i}`;
}

/** Waits until the clock of the file system has gone on. */
async function later(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function hasherOf({ root }: Place) {
  return createHasher({ cacheFile: join(root, 'cmf/hashes'), memoryFile: join(root, 'cmf/folders'), threads: 1 });
}

async function hashed(place: Place, keepIn?: CachePlace): Promise<HashedDirectory> {
  const { root } = place;
  const result = await hasherOf(place).hash(join(root, 'd'), { root, ...(keepIn === undefined ? {} : { keepIn }) });
  if (result.kind !== 'directory') throw new Error('not a directory');
  return result;
}

/** By a hasher that remembers nothing. */
async function truth({ root }: Place): Promise<unknown> {
  return (await createHasher().hash(join(root, 'd'), { root })).digests;
}

function memory({ root }: Place): Buffer {
  return readFileSync(join(root, 'cmf/folders'));
}

/** All that has been hashed must still be the truth after a change, when it was remembered before. */
async function followsChange(change: (root: string) => void): Promise<void> {
  const place = await lay();
  await hashed(place);
  const before = await hashed(place);
  assert.equal(before.digests, await truth(place));
  change(place.root);
  const after = await hashed(place);
  assert.equal(after.digests, await truth(place));
  assert.equal([...dirEntriesOf(await after.listFiles())].length, after.nfiles);
}

test('an unchanged directory is recalled as it was, and its files are told when they are asked for', async () => {
  const place = await lay();
  const first = await hashed(place);
  const remembered = memory(place);
  const second = await hashed(place);
  assert.equal(memory(place), remembered);
  const { listFiles: listFirst, ...one } = first;
  const { listFiles: listSecond, ...two } = second;
  assert.equal(two, one);
  assert.equal([...dirEntriesOf(await listSecond())], [...dirEntriesOf(await listFirst())]);
});

const CHANGES: Readonly<Record<string, (root: string) => void>> = {
  'other content of the same size': (root) => writeFileSync(join(root, 'd/f0'), 'other'.padEnd(20)),
  'other content of the same size with the times put back': (root) => {
    const { atimeMs, mtimeMs } = statSync(join(root, 'd/f0'));
    writeFileSync(join(root, 'd/f0'), 'other'.padEnd(20));
    utimesSync(join(root, 'd/f0'), atimeMs / 1000, mtimeMs / 1000);
  },
  'a file that was replaced': (root) => {
    writeFileSync(join(root, 'new'), 'other'.padEnd(20));
    renameSync(join(root, 'new'), join(root, 'd/f0'));
  },
  'two files that changed places': (root) => {
    renameSync(join(root, 'd/f0'), join(root, 'new'));
    renameSync(join(root, 'd/f2'), join(root, 'd/f0'));
    renameSync(join(root, 'new'), join(root, 'd/f2'));
  },
  'a name that changed': (root) => renameSync(join(root, 'd/f0'), join(root, 'd/g0')),
  'a folder that changed its name': (root) => renameSync(join(root, 'd/sub'), join(root, 'd/tub')),
  'a file more': (root) => writeFileSync(join(root, 'd/more'), ''),
  'a file more that is a link to one that is there': (root) => linkSync(join(root, 'd/f0'), join(root, 'd/more')),
  'a file less': (root) => unlinkSync(join(root, 'd/sub/f1')),
  'an x bit': (root) => chmodSync(join(root, 'd/f0'), 0o755),
  'a symbolic link instead of a file': (root) => {
    unlinkSync(join(root, 'd/f0'));
    symlinkSync('f2', join(root, 'd/f0'));
  },
  'a rule that ignores a file': (root) => writeFileSync(join(root, '.dvcignore'), 'f0\n'),
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`is seen: ${what}`, () => followsChange(change));
}

test('a directory with a file that is not older than the moment before hashing is not remembered', async () => {
  const place = await lay();
  const probe = createHasher({
    cacheFile: join(place.root, 'cmf/hashes'),
    memoryFile: join(place.root, 'cmf/folders'),
    threads: 1,
  });
  // The future is newer than any clock.
  utimesSync(join(place.root, 'd/f0'), 4e9, 4e9);
  await probe.hash(join(place.root, 'd'), { root: place.root });
  assert.not(readdirSync(join(place.root, 'cmf')).includes('folders'));
});

test('a list that is asked for after a change is refused, not made up', async () => {
  const place = await lay();
  await hashed(place);
  const recalled = await hashed(place);
  rmSync(join(place.root, 'cmf/hashes'));
  writeFileSync(join(place.root, 'd/f0'), 'other'.padEnd(20));
  try {
    await recalled.listFiles();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'conflict');
    return;
  }
  assert.unreachable('nothing was refused');
});

test('a damaged memory costs work and nothing else', async () => {
  const place = await lay();
  await hashed(place);
  for (const junk of ['', 'junk', Buffer.alloc(500), memory(place).subarray(0, 50)]) {
    writeFileSync(join(place.root, 'cmf/folders'), junk);
    assert.equal((await hashed(place)).digests, await truth(place));
  }
});

function objectsIn({ cache }: Place): string[] {
  const top = join(cache.directory, 'files/md5');
  return readdirSync(top).flatMap((shelf) => readdirSync(join(top, shelf)).map((name) => join(top, shelf, name)));
}

/** Adds until nothing is looked at any more. */
async function settle(place: Place): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await hashed(place, place.cache);
    await later();
  }
}

test('what went from the cache, or came into a folder of it, is seen by an add that would else look at no object', async () => {
  const place = await lay();
  await settle(place);
  const all = objectsIn(place).sort();
  assert.is(all.length, FILES + 1);
  const remembered = memory(place);
  await hashed(place, place.cache);
  assert.equal(memory(place), remembered);
  for (const gone of [all[0], all.find((path) => path.endsWith('.dir'))]) {
    rmSync(gone ?? '');
    await hashed(place, place.cache);
    assert.equal(objectsIn(place).sort(), all);
    await settle(place);
  }
});

test('folders of a cache that changed within the tick in which they were looked at are not remembered', async () => {
  const place = await lay();
  await hashed(place, place.cache);
  const top = join(place.cache.directory, 'files/md5');
  // As if the clock had not gone on since the last object came.
  for (const shelf of readdirSync(top)) utimesSync(join(top, shelf), 4e9, 4e9);
  await hashed(place, place.cache);
  await hashed(place, place.cache);
  const [gone = ''] = objectsIn(place);
  rmSync(gone);
  for (const shelf of readdirSync(top)) utimesSync(join(top, shelf), 4e9, 4e9);
  await hashed(place, place.cache);
  assert.ok(objectsIn(place).includes(gone));
});

test('another cache is filled, though the directory is known', async () => {
  const place = await lay();
  await settle(place);
  const other = { ...place, cache: { ...place.cache, directory: join(place.root, 'other') } };
  await hashed(other, other.cache);
  assert.is(objectsIn(other).length, FILES + 1);
});

test.run();
