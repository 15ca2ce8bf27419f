import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createObjectCache } from '../../../src/adapters/files/object-cache.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createDigestSet } from '../../../src/domain/digest-set.ts';
import { type CachePlace, objectPath } from '../../../src/domain/dvc-cache.ts';
import { encodeDvcDir } from '../../../src/domain/dvc-dir.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import type { ObjectCache } from '../../../src/ports/object-cache.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('object-cache');

type Bench = { readonly root: string; readonly place: CachePlace; readonly objects: ObjectCache };

function lay(): Bench {
  const root = makeTempDirectory('object-cache');
  const place: CachePlace = { directory: join(root, 'cache'), linkTypes: ['copy'], group: false };
  const objects = createObjectCache({
    temporaries: [join(root, 'tmp')],
    memoryFile: join(root, 'cmf/folders'),
    watchFile: join(root, 'cmf/watched'),
    sync: async () => true,
  });
  return { root, place, objects };
}

function fileOf({ place }: Bench, digest: Digest): string {
  return join(place.directory, objectPath(digest) ?? '');
}

function store(bench: Bench, content: string, kind = 'md5'): Digest {
  const digest = { kind, value: createHash('md5').update(content).digest('hex') };
  mkdirSync(dirname(fileOf(bench, digest)), { recursive: true });
  writeFileSync(fileOf(bench, digest), content, { mode: 0o444 });
  return digest;
}

function nowhere(kind = 'md5'): Digest {
  return { kind, value: 'ab'.repeat(16) };
}

async function later(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function refusal(work: () => unknown): CmfError {
  try {
    work();
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('tells what is there, of both layouts', () => {
  const bench = lay();
  const there = ['md5', 'md5-dir', 'md5-dos2unix', 'md5-dos2unix-dir'].map((kind) => store(bench, kind, kind));
  for (const digest of there) assert.ok(bench.objects.has(bench.place, digest));
  const gone = there.map(({ kind }) => nowhere(kind));
  for (const digest of gone) assert.not(bench.objects.has(bench.place, digest));
  assert.equal(bench.objects.missing(bench.place, [...there, ...gone]), gone);
  assert.is(refusal(() => bench.objects.has(bench.place, { kind: 'sha256', value: 'ab'.repeat(32) })).code, 'internal');
});

test('tells the same of many, for which it reads folders instead', () => {
  const bench = lay();
  const kinds = ['md5', 'md5-dir', 'md5-dos2unix', 'md5-dos2unix-dir'];
  const there = Array.from({ length: 400 }, (_, i) => store(bench, `${i}`, kinds[i % 4]));
  const gone = Array.from({ length: 2000 }, (_, i) => ({
    kind: kinds[i % 4] ?? '',
    value: createHash('md5').update(`gone ${i}`).digest('hex'),
  }));
  const missing = bench.objects.missing(bench.place, [...there, ...gone]);
  const names = (digests: readonly Digest[]) => digests.map(({ kind, value }) => kind + value).sort();
  assert.equal(names(missing), names(gone));
});

test('looks at each object: how large it is and whether it is trusted, also where its folder is missing', () => {
  const bench = lay();
  const all = createDigestSet();
  const [first, second, old] = [store(bench, '1'), store(bench, '22'), store(bench, '333', 'md5-dos2unix')];
  const beside = { kind: 'md5', value: first.value.slice(0, 2).padEnd(32, '0') };
  for (const digest of [nowhere(), first, second, old, beside]) all.add(digest);
  chmodSync(fileOf(bench, second), 0o644);
  const { sizes, trusted, modified } = bench.objects.look(bench.place, all);
  const of = (digest: Digest) => [sizes[all.find(digest)], trusted[all.find(digest)]];
  assert.equal([nowhere(), first, second, old, beside].map(of), [
    [-1, 0],
    [1, 1],
    [2, 0],
    [3, 1],
    [-1, 0],
  ]);
  assert.is(modified[all.find(first)], statSync(fileOf(bench, first)).mtimeMs);
});

test('says what it removed: not what is gone, too young, or cannot be removed, which stops no other', () => {
  const bench = lay();
  const [first, last] = [store(bench, 'first'), store(bench, 'last')];
  const stuck = { kind: 'md5', value: `aa${'\u0000'.repeat(30)}` };
  const remove = (ms: number) => bench.objects.remove(bench.place, [first, nowhere(), stuck, last], Date.now() + ms);
  const young = remove(-600_000);
  assert.equal(young.removed, []);
  const { removed, failure } = remove(600_000);
  assert.equal(removed, [first, last]);
  assert.is(failure?.code, 'environment');
  assert.equal(bench.objects.missing(bench.place, [first, last]), [first, last]);
});

test('counts what a directory lacks, each content once', async () => {
  const bench = lay();
  const dir = store(bench, 'a list', 'md5-dir');
  const members = [store(bench, 'a'), store(bench, 'a'), nowhere(), nowhere(), { kind: 'md5', value: '0'.repeat(32) }];
  assert.is(await bench.objects.countMissing(bench.place, dir, async () => members), 2);
  assert.is(await bench.objects.countMissing(bench.place, nowhere('md5-dir'), async () => members), 3);
  assert.is(await bench.objects.countMissing(bench.place, nowhere(), async () => members), 1);
  assert.is(await bench.objects.countMissing(bench.place, store(bench, 'b'), async () => members), 0);
});

test('what was complete is not looked at again before something comes or goes', async () => {
  const bench = lay();
  const dir = store(bench, 'a list', 'md5-dir');
  const members = Array.from({ length: 10 }, (_, i) => store(bench, `${i}`));
  await later();
  let asked = 0;
  const count = () =>
    bench.objects.countMissing(bench.place, dir, async () => {
      asked++;
      return members;
    });
  assert.equal([await count(), await count(), asked], [0, 0, 1]);
  rmSync(fileOf(bench, members[3] as Digest));
  assert.equal([await count(), await count(), asked], [1, 1, 3]);
  store(bench, '3');
  await later();
  assert.equal([await count(), await count(), asked], [0, 0, 4]);
  rmSync(fileOf(bench, dir));
  assert.is(await count(), 1);
});

test('what was found out about a folder holds until something comes or goes', async () => {
  const bench = lay();
  store(bench, 'a');
  const other = { directory: join(bench.root, 'other'), group: false };
  const recall = (name: string, folder = bench.place) => {
    const watch = bench.objects.watch(folder);
    const known = watch?.recall(name);
    watch?.begin();
    return [known, watch] as const;
  };
  await later();
  const [unknown, watch] = recall('all');
  watch?.remember('all', 7);
  assert.equal([unknown, recall('all')[0], recall('some')[0]], [undefined, 7, undefined]);
  assert.is(recall('all', { ...bench.place, ...other })[0], undefined);
  const added = store(bench, 'b');
  // As if it had come in this very moment, however long this test takes.
  utimesSync(dirname(fileOf(bench, added)), 4e9, 4e9);
  const [changed, early] = recall('all');
  early?.remember('all', 8);
  assert.is(changed, undefined);
  // A look at once after a change may have missed another one.
  assert.is(recall('all')[0], undefined);
  assert.is(createObjectCache({ temporaries: [], sync: async () => true }).watch(bench.place), undefined);
});

test('a cache that changed within the same tick is looked at again', async () => {
  const bench = lay();
  const dir = store(bench, 'a list', 'md5-dir');
  const member = store(bench, 'a');
  const freeze = (): void => utimesSync(dirname(fileOf(bench, member)), 4e9, 4e9);
  await later();
  freeze();
  let asked = 0;
  const count = () =>
    bench.objects.countMissing(bench.place, dir, async () => {
      asked++;
      return [member];
    });
  assert.equal([await count(), await count(), asked], [0, 0, 2]);
  rmSync(fileOf(bench, member));
  freeze();
  assert.is(await count(), 1);
});

test('a list is given only if it is what its name says', () => {
  const bench = lay();
  const text = encodeDvcDir([{ relpath: 'a', md5: '0'.repeat(32) }]);
  const digest = store(bench, text, 'md5-dir');
  assert.is(bench.objects.readDirectory(bench.place, digest)?.toString(), text);
  assert.is(bench.objects.readDirectory(bench.place, nowhere('md5-dir')), undefined);
  const path = fileOf(bench, digest);
  chmodSync(path, 0o644);
  writeFileSync(path, text.replace('0', '1'));
  chmodSync(path, 0o444);
  assert.is(refusal(() => bench.objects.readDirectory(bench.place, digest)).code, 'damaged');
  rmSync(path);
  mkdirSync(path);
  assert.is(refusal(() => bench.objects.readDirectory(bench.place, digest)).code, 'damaged');
  assert.throws(() => readFileSync(path));
});

test.run();
