import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addControl, controlRefOf, learnControl, readPurges } from '../../src/app/control.ts';
import { readState } from '../../src/app/read-state.ts';
import {
  CONTROL_BYTES_MAX,
  type ControlRecord,
  controlPath,
  createKeyRecord,
  createPurgeRecords,
} from '../../src/domain/control-record.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import { REFS } from '../../src/domain/ids.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { publicKeyOf } from '../../src/domain/signature.ts';
import type { Oid } from '../../src/ports/git.ts';
import { withContext } from '../helpers/hosts.ts';
import { T0, testEntries, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, type Plant, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone;

const it = suite<Bench>('app: control records');
const [ADMIN, STRANGER] = [testWriter(20).secret, testWriter(21).secret];
const [ONE, OTHER] = testEntries(testWriter(1), { count: 2 });
const KEY = createKeyRecord(ADMIN, 'admin of \u202ecentral', T0);

function purge(entry: typeof ONE, secret = ADMIN, reason = 'x'): ControlRecord {
  if (entry === undefined) throw new Error('no entry');
  return createPurgeRecords(secret, [purgeOf(entry.id, entry)], { atMs: T0, reason })[0] as ControlRecord;
}

const filesOf = (records: readonly ControlRecord[]) =>
  Object.fromEntries(records.map((record) => [controlPath(record), record.text]));

async function plant({ directory }: Bench, files: Readonly<Record<string, Plant>>): Promise<Oid> {
  return plantCommit(directory, await plantTree(directory, folderOf(files)));
}

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each((bench) => bench.clone.repository.close());

it('are kept whoever signed them, and obeyed where their key is pinned', async (bench) => {
  const { clone, directory } = bench;
  assert.is((await readPurges(clone)).applied.size, 0);
  const commit = await plant(bench, filesOf([KEY, purge(ONE), purge(OTHER, STRANGER)]));
  assert.equal(await learnControl(clone, commit), { added: 3, refused: [] });
  assert.equal(await learnControl(clone, commit), { added: 0, refused: [] });
  const before = await readPurges(clone);
  assert.is(before.applied.size, 0);
  const told = new Map(before.unpinned.map(({ key, label, count }) => [key, [label, count]]));
  assert.equal(told.get(publicKeyOf(ADMIN)), ['admin of \u202ecentral', 1]);
  assert.equal(told.get(publicKeyOf(STRANGER)), [undefined, 1]);
  await git(['config', '--add', 'cmf.adminKey', publicKeyOf(ADMIN)], { cwd: directory });
  const { applied, unpinned } = await readPurges(clone);
  assert.equal([...applied.keys()], [ONE?.id]);
  assert.equal(
    unpinned.map(({ key }) => key),
    [publicKeyOf(STRANGER)],
  );
  const { state, partial } = await readState(clone);
  assert.ok(state.purges.has(ONE?.id as never));
  assert.equal(partial, [], 'what they purged is not here');
});

it('unite to the same tree in whatever order they come', async (bench) => {
  const other = await makeWritingClone();
  const [a, b] = [filesOf([KEY, purge(ONE)]), filesOf([purge(ONE), purge(OTHER, ADMIN, 'y')])];
  const trees: string[] = [];
  for (const [one, order] of [[bench, [a, b, a]] as const, [other, [b, a]] as const]) {
    for (const files of order) await learnControl(one.clone, await plant(one, files));
    trees.push((await git(['rev-parse', `${REFS.learnedControl}^{tree}`], { cwd: one.directory })).stdout);
  }
  await other.clone.repository.close();
  assert.is(trees[0], trees[1]);
});

it('that are none are left out and named; the others count', async (bench) => {
  const good = purge(ONE);
  const large = 'x'.repeat(CONTROL_BYTES_MAX + 1);
  const forged = purge(OTHER).text.replace('"reason":"x"', '"reason":"y"');
  const strange: Readonly<Record<string, Plant>> = {
    'pin/x': 'y',
    top: 'file',
    'purge/readme.txt': 'hello',
    [`purge/${'0'.repeat(64)}.json`]: KEY.text,
    [`purge/${sha256Hex(large)}.json`]: large,
    [`purge/${sha256Hex(forged)}.json`]: forged,
    [`key/${sha256Hex(good.text)}.json`]: good.text,
    [`key/${sha256Hex('\u0000')}.json`]: '\u0000',
  };
  const { added, refused } = await learnControl(bench.clone, await plant(bench, { ...filesOf([good]), ...strange }));
  assert.is(added, 1);
  assert.is(refused.length, Object.keys(strange).length, refused.join('\n'));
  for (const line of refused) assert.match(line, /^control record '[^']*' \(object [0-9a-f]{40}\): [^\n]+$/);
  assert.equal((await readPurges(bench.clone)).refused, []);
});

it('are written to the ref that this kind of repository has', async (bench) => {
  assert.is(await controlRefOf(bench.clone), REFS.learnedControl);
  const host = await makeRepository({ bare: true });
  await withContext(host, async (context) => {
    assert.is(await controlRefOf(context), REFS.control);
    await Promise.all([addControl(context, [KEY]), addControl(context, [purge(ONE)]), addControl(context, [])]);
    assert.is((await readPurges(context)).unpinned[0]?.count, 1);
    assert.is((await readPurges(context)).labels.size, 1);
  });
  await git(['config', '--add', 'receive.hideRefs', REFS.control], { cwd: bench.directory });
  await learnControl(bench.clone, await plant(bench, filesOf([KEY])));
  assert.ok(await bench.clone.repository.refs.resolve(REFS.control), 'a server with files serves what it learns');
});

it('that are signed here are served, also by a central repository that records itself', async () => {
  const { clone } = await makeWritingClone({ bare: true });
  await addControl(clone, [KEY]);
  const found = await clone.repository.refs.list([REFS.control, REFS.learnedControl]);
  await clone.repository.close();
  assert.equal(
    found.map(({ name }) => name),
    [REFS.control],
  );
});

it('of strangers are kept in small numbers; those of a pinned key all', async (bench) => {
  const { clone, directory, said } = bench;
  const many = (secret: typeof ADMIN, count: number) =>
    Array.from({ length: count }, (_, i) => createKeyRecord(secret, `no ${i}`, T0));
  const commit = await plant(bench, filesOf([...many(STRANGER, 70), ...many(ADMIN, 66)]));
  await git(['config', '--add', 'cmf.adminKey', publicKeyOf(ADMIN)], { cwd: directory });
  assert.equal(await learnControl(clone, commit), { added: 66 + 64, refused: [] });
  assert.match(said.join(), /^6 control records of keys that are not pinned here were not kept/);
  assert.is((await learnControl(clone, commit)).added, 0, 'a second time brings no more');
  await git(['config', '--add', 'cmf.adminKey', publicKeyOf(STRANGER)], { cwd: directory });
  assert.is((await learnControl(clone, commit)).added, 6);
});

it('that cannot be read as a whole hide nothing else', async (bench) => {
  const { clone, directory } = bench;
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: 'x' })).stdout.trim();
  const lines = Array.from(
    { length: 100_001 },
    (_, i) => `100644 blob ${blob}\t${i.toString(16).padStart(64, '0')}.json`,
  );
  const kind = (await git(['mktree'], { cwd: directory, input: `${lines.join('\n')}\n` })).stdout.trim();
  const tree = (await git(['mktree'], { cwd: directory, input: `040000 tree ${kind}\tkey\n` })).stdout.trim();
  const commit = await plantCommit(directory, tree as Oid);
  const { added, refused } = await learnControl(clone, commit);
  assert.is(added, 0);
  assert.equal(refused, ['control records: more than 100000 records']);
  await git(['update-ref', REFS.learnedControl, commit], { cwd: directory });
  const { partial } = await readState(clone);
  assert.equal(partial, [
    `control records: more than 100000 records; git update-ref -d ${REFS.learnedControl}, then git cmf pull`,
  ]);
});

it('of a key that is ignored, or about what is not here, leave the state whole', async (bench) => {
  const { clone, directory } = bench;
  const { execution } = await startRun(clone);
  await learnControl(clone, await plant(bench, filesOf([purge(ONE, STRANGER)])));
  assert.equal((await readState(clone)).partial, [], 'nobody here has what it takes out');
  const entry = [...(await readState(clone)).state.entries.values()].find(({ subject }) => subject?.id === execution);
  await learnControl(clone, await plant(bench, filesOf([purge(entry as typeof ONE, STRANGER)])));
  assert.match((await readState(clone)).partial.join(), /^not applied: 1 purge by/);
  await git(['config', '--add', 'cmf.ignoredKey', publicKeyOf(STRANGER)], { cwd: directory });
  assert.equal((await readState(clone)).partial, []);
  assert.equal((await readPurges(clone)).unpinned, []);
  assert.is((await learnControl(clone, await plant(bench, filesOf([purge(OTHER, STRANGER)])))).added, 0);
});

it.run();
