import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { purgeTree } from '../../src/app/purge-tree.ts';
import { missingPaths } from '../../src/app/unite-trees.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import { journalFiles, T0, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, plantTree } from '../helpers/plant-tree.ts';
import { makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; repository: GitRepository };

const it = suite<Bench>('app: purges in a tree');
const author = testWriter(1);
const segments = [0, 1, 2].map((number) => testSegment(author, { number, atMs: T0 + number * 1000, count: 2 }));
const ids = segments.flatMap(({ entries }) => entries.map(({ id }) => id));

it.before(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  bench.repository = await openRepository(bench.directory, { env: sealedEnv() });
});
it.after((bench) => bench.repository.close());

const plant = ({ directory }: Bench, some: readonly number[]): Promise<Oid> => {
  const chosen = segments.filter((_, i) => some.includes(i));
  return plantTree(directory, folderOf(journalFiles(author, chosen)));
};

async function purge({ repository }: Bench, tree: Oid, some: readonly number[]): Promise<Oid> {
  const purged = new Set(ids.filter((_, i) => some.includes(i)));
  return (await purgeTree(repository, { writer: author.record.writer, tree }, purged)).tree;
}

async function unite({ repository: { objects, writer } }: Bench, a: Oid, b: Oid): Promise<Oid> {
  return writer.writeTree(a, await missingPaths(objects, a, b));
}

it('give the same tree before a union and after it', async (bench) => {
  const [a, b] = [await plant(bench, [0, 1]), await plant(bench, [1, 2])];
  for (const some of [[0], [2, 3], [0, 1, 2, 3, 4, 5]]) {
    const after = await purge(bench, await unite(bench, a, b), some);
    assert.is(await unite(bench, await purge(bench, a, some), await purge(bench, b, some)), after);
    assert.is(await purge(bench, await unite(bench, a, await purge(bench, b, some)), some), after);
  }
});

it('give the same tree in one step and in several, in any order', async (bench) => {
  const whole = await plant(bench, [0, 1, 2]);
  const both = await purge(bench, whole, [0, 1, 4]);
  assert.is(await purge(bench, await purge(bench, whole, [0, 4]), [0, 1, 4]), both);
  assert.is(await purge(bench, await purge(bench, whole, [1]), [0, 4]), both);
  assert.is(await purge(bench, both, [0, 1, 4]), both);
  assert.is(await purge(bench, whole, []), whole);
});

it.run();
