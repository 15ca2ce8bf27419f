import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { missingPaths } from '../../src/app/unite-trees.ts';
import type { GitObjects, GitRepository } from '../../src/ports/git.ts';
import { folderOf, type Plant, plantTree } from '../helpers/plant-tree.ts';
import { makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; repository: GitRepository };

const it = suite<Bench>('app: the union of trees');

it.before(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  bench.repository = await openRepository(bench.directory, { env: sealedEnv() });
});
it.after((bench) => bench.repository.close());

const plant = (bench: Bench, files: Record<string, Plant>) => plantTree(bench.directory, folderOf(files));

it('unites both ways to the same tree', async (bench) => {
  const { objects, writer } = bench.repository;
  const a = await plant(bench, { 'x/1': 'one', 'x/2': 'two', 'only-a/deep/f': 'a', top: 't' });
  const b = await plant(bench, { 'x/2': 'two', 'x/3': 'three', 'only-b/deep/f': 'b', top: 't' });
  const changes = await missingPaths(objects, a, b);
  assert.equal(changes.map(({ path }) => path).sort(), ['only-b', 'x/3']);
  const ab = await writer.writeTree(a, changes);
  assert.is(ab, await writer.writeTree(b, await missingPaths(objects, b, a)));
  assert.equal(await missingPaths(objects, ab, a), []);
  assert.is(await writer.writeTree(undefined, await missingPaths(objects, undefined, a)), a);
});

it('reads only where trees differ', async (bench) => {
  const same = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`same/${i}/f`, `${i}`]));
  const a = await plant(bench, { ...same, 'x/1': '1' });
  const b = await plant(bench, { ...same, 'x/2': '2' });
  const { objects } = bench.repository;
  let reads = 0;
  const counted: GitObjects = {
    info: (oid) => objects.info(oid),
    infos: (oids) => objects.infos(oids),
    readBlob: (oid) => objects.readBlob(oid),
    readBlobs: (oids) => objects.readBlobs(oids),
    treeOf: (oid) => objects.treeOf(oid),
    readMessage: (oid) => objects.readMessage(oid),
    timeOf: (oid) => objects.timeOf(oid),
    readTree: (oid) => {
      reads += 1;
      return objects.readTree(oid);
    },
  };
  assert.is((await missingPaths(counted, a, b)).length, 1);
  assert.is(reads, 4);
  assert.equal(await missingPaths(counted, a, a), []);
  assert.is(reads, 4);
});

it('keeps the lesser of two writer.json, at the top only', async (bench) => {
  const { objects, writer } = bench.repository;
  const a = await plant(bench, { 'writer.json': '{"created":"1"}', 'x/1': 'one' });
  const b = await plant(bench, { 'writer.json': '{"created":"2"}', 'x/2': 'two' });
  const united = await writer.writeTree(a, await missingPaths(objects, a, b));
  assert.is(united, await writer.writeTree(b, await missingPaths(objects, b, a)));
  const files = { 'writer.json': '{"created":"1"}', 'x/1': 'one', 'x/2': 'two' };
  assert.is(united, await plant(bench, files));
  const deep = await plant(bench, { 'x/writer.json': '1' });
  await rejects(missingPaths(objects, deep, await plant(bench, { 'x/writer.json': '2' })), /with different bytes$/);
});

it('refuses one path with two contents, and a file where the other has a folder', async (bench) => {
  const { objects } = bench.repository;
  const a = await plant(bench, { 'x/1': 'one' });
  const unite = async (files: Record<string, Plant>) => missingPaths(objects, a, await plant(bench, files));
  await rejects(unite({ 'x/1': 'other' }), /^'x\/1' is in both trees with different bytes$/);
  await rejects(unite({ x: 'file' }), /^'x' is in both trees with different bytes$/);
  await rejects(unite({ y: { mode: '120000', what: 'x' } }), /^'y' has mode '120000', which no journal has$/);
});

async function rejects(work: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, Error);
  assert.match((error as Error).message, message);
}

it.run();
