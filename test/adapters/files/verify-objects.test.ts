import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyObjects, verifyObjects } from '../../../src/adapters/files/verify-objects.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { type CachePlace, objectPath } from '../../../src/domain/dvc-cache.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('verify-objects');

type Bench = { readonly place: CachePlace; readonly fileOf: (digest: Digest) => string };

function lay(): Bench {
  const directory = join(makeTempDirectory('verify'), 'cache');
  return {
    place: { directory, linkTypes: ['copy'], group: false },
    fileOf: (digest) => join(directory, objectPath(digest) ?? ''),
  };
}

function store({ fileOf }: Bench, content: string, kind = 'md5', hashed = content): Digest {
  const digest = { kind, value: createHash('md5').update(hashed).digest('hex') };
  mkdirSync(dirname(fileOf(digest)), { recursive: true });
  writeFileSync(fileOf(digest), content, { mode: 0o444 });
  return digest;
}

function spoil({ fileOf }: Bench, digest: Digest): void {
  chmodSync(fileOf(digest), 0o644);
  writeFileSync(fileOf(digest), 'spoilt');
  chmodSync(fileOf(digest), 0o444);
}

async function problems({ place }: Bench, digests?: readonly Digest[]): Promise<Record<string, string>> {
  const { bad } = await verifyObjects(place, digests);
  return Object.fromEntries(bad.map(({ digest, problem }) => [digest.value, problem]));
}

test('all that is right passes, in both layouts, and is counted', async () => {
  const bench = lay();
  store(bench, 'one');
  store(bench, '[]', 'md5-dir');
  // DVC 2 hashed a text with its line ends folded.
  store(bench, 'a\r\nb\r\n', 'md5-dos2unix', 'a\nb\n');
  store(bench, '[ ]', 'md5-dos2unix-dir');
  writeFileSync(join(bench.place.directory, 'files/md5/README'), 'no object');
  const seen: number[] = [];
  const report = await verifyObjects(bench.place, undefined, ({ files }) => seen.push(files));
  assert.equal(report, { objects: 4, bytes: 14, bad: [] });
  assert.is(seen.at(-1), 4);
});

test('names what is damaged, writable, missing or unreadable, and goes on', async () => {
  const bench = lay();
  const [spoilt, writable, folder, fine] = ['a', 'b', 'c', 'd'].map((content) => store(bench, content)) as [
    Digest,
    Digest,
    Digest,
    Digest,
  ];
  const legacy = store(bench, 'legacy', 'md5-dos2unix');
  const missing = { kind: 'md5', value: '0'.repeat(32) };
  spoil(bench, spoilt);
  spoil(bench, legacy);
  chmodSync(bench.fileOf(writable), 0o644);
  rmSync(bench.fileOf(folder));
  mkdirSync(bench.fileOf(folder));
  const expected = {
    [spoilt.value]: 'other-content',
    [legacy.value]: 'other-content',
    [writable.value]: 'writable',
    [folder.value]: 'unreadable',
  };
  assert.equal(await problems(bench), expected);
  const named = [spoilt, legacy, writable, folder, fine, missing];
  assert.equal(await problems(bench, named), { ...expected, [missing.value]: 'missing' });
});

test('only what is asked for is looked at', async () => {
  const bench = lay();
  const [spoilt, fine] = [store(bench, 'a'), store(bench, 'b')];
  spoil(bench, spoilt);
  assert.equal(await problems(bench, [fine]), {});
  assert.equal(await problems(bench, []), {});
});

test('many are told apart, more than are handed to a thread at once', async () => {
  const bench = lay();
  const all = Array.from({ length: 300 }, (_, i) => store(bench, `${i}`));
  const bad = [all[0], all[128], all[299]] as Digest[];
  for (const digest of bad) spoil(bench, digest);
  assert.equal(Object.keys(await problems(bench)).sort(), bad.map(({ value }) => value).sort());
});

test('a cache that is not there holds nothing that is bad', async () => {
  assert.equal(await problems(lay()), {});
});

/** Copies, and tells what was not copied and which objects bore their name at the sync. */
async function copied(from: Bench, to: Bench, digests: readonly Digest[]) {
  const atSync: string[] = [];
  const sync = async (folder: string): Promise<boolean> => {
    atSync.push(...digests.filter((digest) => isThere(to, digest)).map(({ value }) => value));
    return folder === join(to.place.directory, 'files/md5');
  };
  const objects = digests.map((digest) => ({ digest, sizeBytes: statSync(from.fileOf(digest)).size }));
  const { bad } = await copyObjects({ from: from.place, to: to.place, sync }, objects);
  return { bad: Object.fromEntries(bad.map(({ digest, problem }) => [digest.value, problem])), atSync };
}

function isThere({ fileOf }: Bench, digest: Digest): boolean {
  return statSync(fileOf(digest), { throwIfNoEntry: false }) !== undefined;
}

test('objects come to another folder with their bytes and the mode of a whole one, and get their names after a sync', async () => {
  const [from, to] = [lay(), lay()];
  const large = 'large'.repeat(500_000);
  const all = ['one', 'two', '', large].map((content) => store(from, content));
  assert.equal(await copied(from, to, all), { bad: {}, atSync: [] });
  assert.equal(await problems(to, all), {});
  for (const digest of all) assert.is(statSync(to.fileOf(digest)).mode & 0o777, 0o444);
  for (const digest of all) assert.is.not(statSync(to.fileOf(digest)).ino, statSync(from.fileOf(digest)).ino);
  assert.equal(
    readdirSync(join(to.place.directory, 'files/md5')).filter((name) => name.length !== 2),
    [],
  );
  assert.equal(await copied(from, to, all), { bad: {}, atSync: [] });
});

test('what is wrong comes under no name, and what is right comes all the same', async () => {
  for (const size of [1, 1_500_000]) {
    const [from, to] = [lay(), lay()];
    const [spoilt, writable, fine] = ['a', 'b', 'c'].map((content) => store(from, content.repeat(size))) as [
      Digest,
      Digest,
      Digest,
    ];
    spoil(from, spoilt);
    chmodSync(from.fileOf(writable), 0o644);
    const { bad } = await copied(from, to, [spoilt, writable, fine]);
    assert.equal(bad, { [spoilt.value]: 'other-content' });
    const found = await verifyObjects(to.place, undefined);
    assert.equal([found.objects, found.bad], [2, []]);
  }
});

test('one that is gone ends it, and nothing is left half-written', async () => {
  const [from, to] = [lay(), lay()];
  const objects = ['a', 'b'].map((content) => ({ digest: store(from, content), sizeBytes: 1 }));
  rmSync(from.fileOf((objects[1] ?? { digest: MISSING }).digest));
  const copying = copyObjects({ from: from.place, to: to.place, sync: async () => true }, objects);
  const code = await copying.then(
    () => 'copied',
    (error: unknown) => (error instanceof CmfError ? error.code : error),
  );
  assert.is(code, 'not-found');
  assert.equal(readdirSync(join(to.place.directory, 'files/md5')), []);
});

const MISSING: Digest = { kind: 'md5', value: '0'.repeat(32) };

test('new folders of a group can be written by it, and those above are left alone', async () => {
  const from = lay();
  const top = makeTempDirectory('group');
  const directory = join(top, 'new/storage');
  const objects = ['one', 'large'.repeat(500_000)].map((content) => ({
    digest: store(from, content),
    sizeBytes: content.length,
  }));
  await copyObjects({ from: from.place, to: { directory, group: true }, sync: async () => true }, objects);
  const modeOf = (path: string): number => statSync(path).mode & 0o7777;
  const shelves = readdirSync(join(directory, 'files/md5')).map((name) => `files/md5/${name}`);
  for (const folder of ['', 'files', 'files/md5', ...shelves])
    assert.is(modeOf(join(directory, folder)), 0o2775, folder);
  assert.is.not(modeOf(join(top, 'new')), 0o2775);
});

test('what is whole stays, and what is cut off or without the mark of trust is replaced', async () => {
  const [from, to] = [lay(), lay()];
  const [whole, cut, doubtful] = ['whole', 'cut off', 'doubtful'].map((content) => store(from, content)) as [
    Digest,
    Digest,
    Digest,
  ];
  store(to, 'whole');
  for (const digest of [cut, doubtful]) {
    mkdirSync(dirname(to.fileOf(digest)), { recursive: true });
    writeFileSync(to.fileOf(digest), digest === cut ? 'cut' : 'DOUBTFUL', { mode: digest === cut ? 0o444 : 0o644 });
  }
  const before = statSync(to.fileOf(whole)).ino;
  await copied(from, to, [whole, cut, doubtful]);
  assert.is(statSync(to.fileOf(whole)).ino, before);
  assert.is(readFileSync(to.fileOf(cut), 'utf8'), 'cut off');
  assert.is(readFileSync(to.fileOf(doubtful), 'utf8'), 'doubtful');
});

test.run();
