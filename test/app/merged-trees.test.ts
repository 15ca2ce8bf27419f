import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { foldRefs } from '../../src/app/fold-refs.ts';
import { mergeOnce } from '../../src/app/merged-trees.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { REFS } from '../../src/domain/ids.ts';
import { GATE, mergedPath, WRITER_JSON } from '../../src/domain/layout.ts';
import { createWriterRecord } from '../../src/domain/writer-record.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import { journalFiles, T0, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, type Plant, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { FIXED_TIME_SECONDS, git, makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; repository: GitRepository };

const it = suite<Bench>('app: the merge on a server');
const P = testBucket('p');
const Q = testBucket('q');
const now = { nowSeconds: FIXED_TIME_SECONDS };
const writers = [1, 2, 3].map(testWriter);
const [one, two, three] = writers as [(typeof writers)[0], (typeof writers)[0], (typeof writers)[0]];

it.before.each(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  bench.repository = await openRepository(bench.directory, { env: sealedEnv() });
});
it.after.each((bench) => bench.repository.close());

/** Moves a ref to a commit of these files, on top of what it is. */
async function put({ directory }: Bench, ref: string, files: Record<string, Plant>): Promise<void> {
  const before = (await git(['rev-parse', '-q', '--verify', ref], { cwd: directory, expectExit: 'any' })).stdout.trim();
  const tree = await plantTree(directory, folderOf(files));
  const commit = await plantCommit(directory, tree, before === '' ? [] : [before as Oid]);
  await git(['update-ref', ref, commit], { cwd: directory });
}

const remove = ({ directory }: Bench, ref: string) => git(['update-ref', '-d', ref], { cwd: directory });

/** Trees of all merged refs. */
async function mergedNow({ directory }: Bench): Promise<Record<string, string>> {
  const format = '--format=%(refname) %(tree)';
  const { stdout } = await git(['for-each-ref', format, 'refs/cmf/merged'], { cwd: directory });
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')),
  );
}

/** All paths below a ref. */
async function paths({ directory }: Bench, ref: string): Promise<string[]> {
  const { stdout } = await git(['ls-tree', '-r', '--name-only', ref], { cwd: directory });
  return stdout.trim().split('\n');
}

it('does nothing where there is nothing', async (bench) => {
  assert.equal(await mergeOnce(bench.repository, now), { changed: [], writers: 0, skipped: [], unclean: [] });
});

it('puts every writer into merged/all, and its parts into the pipelines', async (bench) => {
  const files = journalFiles(one, [testSegment(one, { bucket: P }), testSegment(one, { bucket: Q })]);
  await put(bench, REFS.journal + one.record.writer, files);
  const common = journalFiles(two, [testSegment(two)]);
  await put(bench, REFS.inbox + two.record.writer, common);
  const report = await mergeOnce(bench.repository, now);
  assert.is(report.writers, 2);
  assert.equal(report.skipped, []);
  assert.equal([...report.changed].sort(), [REFS.mergedAll, REFS.mergedPipeline + P, REFS.mergedPipeline + Q].sort());
  const under = (writer: typeof one, all: Record<string, string>) =>
    Object.keys(all).map((path) => `${mergedPath(writer.record.writer)}/${path}`);
  assert.equal(await paths(bench, REFS.mergedAll), [...under(one, files), ...under(two, common)].sort());
  const ofP = Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith(`seg/${Q}`)));
  assert.equal(await paths(bench, REFS.mergedPipeline + P), [...under(one, ofP), ...under(two, common)].sort());
  assert.equal((await mergeOnce(bench.repository, now)).changed, []);
});

it('moves only the pipelines that changed, each on top of what it was', async (bench) => {
  const first = testSegment(one, { bucket: P });
  const second = testSegment(one, { bucket: Q });
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, [first, second]));
  await mergeOnce(bench.repository, now);
  const before = await bench.repository.refs.resolve(REFS.mergedPipeline + P);
  const more = testSegment(one, { bucket: P, number: 1 });
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, [first, second, more]));
  const { changed } = await mergeOnce(bench.repository, now);
  assert.equal([...changed].sort(), [REFS.mergedAll, REFS.mergedPipeline + P].sort());
  const after = await bench.repository.refs.resolve(REFS.mergedPipeline + P);
  assert.ok(await bench.repository.refs.isAncestor(before as Oid, after as Oid));
});

it('makes the same trees step by step, at once, and from other refs', async (bench) => {
  const a = [testSegment(one, { bucket: P }), testSegment(one, { number: 1 })];
  const b = [testSegment(two, { bucket: Q }), testSegment(two, { bucket: P }), testSegment(two)];
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, a.slice(0, 1)));
  await mergeOnce(bench.repository, now);
  await put(bench, REFS.inbox + two.record.writer, journalFiles(two, b.slice(1)));
  await mergeOnce(bench.repository, now);
  await put(bench, REFS.journal + two.record.writer, journalFiles(two, b.slice(0, 2)));
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, a));
  await mergeOnce(bench.repository, now);
  const stepwise = await mergedNow(bench);
  await mergeOnce(bench.repository, { ...now, isFresh: true });
  assert.equal(await mergedNow(bench), stepwise);

  const elsewhere = { directory: await makeRepository({ bare: true }) } as Bench;
  elsewhere.repository = await openRepository(elsewhere.directory, { env: sealedEnv() });
  await put(elsewhere, REFS.journal + two.record.writer, journalFiles(two, b));
  await put(elsewhere, REFS.inbox + one.record.writer, journalFiles(one, a));
  await mergeOnce(elsewhere.repository, now);
  assert.equal(await mergedNow(elsewhere), stepwise);
  await elsewhere.repository.close();
});

it('folds the inbox without changing what is merged', async (bench) => {
  await put(bench, REFS.inbox + one.record.writer, journalFiles(one, [testSegment(one, { bucket: P })]));
  await put(bench, REFS.inbox + two.record.writer, journalFiles(two, [testSegment(two)]));
  await put(bench, REFS.inbox + three.record.writer, { ...journalFiles(three, []), evil: '' });
  const { skipped } = await mergeOnce(bench.repository, now);
  const before = await mergedNow(bench);
  const fold = async () => {
    const inbox = await bench.repository.refs.list([REFS.inbox]);
    const sound = inbox.filter(({ name }) => !skipped.some(({ ref }) => ref === name));
    return foldRefs(bench.repository, FIXED_TIME_SECONDS, sound);
  };
  const gone = await fold();
  assert.equal(gone, [one, two].map(({ record }) => REFS.inbox + record.writer).sort());
  assert.equal((await mergeOnce(bench.repository, now)).changed, []);
  assert.equal(await mergedNow(bench), before);
  assert.equal(await fold(), []);
  await put(bench, REFS.inbox + one.record.writer, journalFiles(one, [testSegment(one, { bucket: Q })]));
  await mergeOnce(bench.repository, now);
  await fold();
  const archived = await paths(bench, REFS.archive);
  assert.is(archived.filter((path) => path.includes('/seg/')).length, 3);
  assert.equal((await mergeOnce(bench.repository, { ...now, isFresh: true })).changed, []);
});

it('folds journals too, and leaves alone what was pushed to meanwhile', async (bench) => {
  const [a, b] = [testSegment(one, { bucket: P }), testSegment(one, { bucket: Q, number: 1 })];
  const ref = REFS.journal + one.record.writer;
  await put(bench, ref, journalFiles(one, [a]));
  await put(bench, REFS.journal + two.record.writer, journalFiles(two, [testSegment(two)]));
  await mergeOnce(bench.repository, now);
  const seen = await bench.repository.refs.list([REFS.journal]);
  await put(bench, ref, journalFiles(one, [a, b]));
  assert.equal(await foldRefs(bench.repository, FIXED_TIME_SECONDS, seen), [REFS.journal + two.record.writer]);
  await mergeOnce(bench.repository, now);
  const merged = await mergedNow(bench);
  await foldRefs(bench.repository, FIXED_TIME_SECONDS, await bench.repository.refs.list([REFS.journal]));
  assert.equal(await bench.repository.refs.list([REFS.journal]), []);
  assert.equal((await mergeOnce(bench.repository, { ...now, isFresh: true })).changed, []);
  assert.equal(await mergedNow(bench), merged);
});

it('skips and names what is no journal, and merges the rest', async (bench) => {
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, [testSegment(one)]));
  const forged = testSegment({ secret: one.secret, record: two.record });
  await put(bench, REFS.journal + two.record.writer, journalFiles(two, [forged]));
  await put(bench, `${REFS.journal}not-a-writer`, { x: '' });
  await put(bench, REFS.archive, { x: 'not a folder' });
  await put(bench, REFS.inbox + three.record.writer, { 'cmf-format-2': '', [WRITER_JSON]: '' });
  const { writers, skipped } = await mergeOnce(bench.repository, now);
  assert.is(writers, 1);
  const reasons = Object.fromEntries(skipped.map(({ ref, reason }) => [ref, reason]));
  assert.match(reasons[REFS.journal + two.record.writer] ?? '', /is not signed by its writer$/);
  assert.match(reasons[`${REFS.journal}not-a-writer`] ?? '', /is no name that format 1 has$/);
  assert.match(reasons[REFS.archive] ?? '', /not a tree/);
  assert.match(reasons[REFS.inbox + three.record.writer] ?? '', /is of cmf-format-2/);
  assert.is(skipped.length, 4);
});

it('believes the lesser of two writer.json, wherever each lies', async (bench) => {
  const late = { secret: one.secret, record: createWriterRecord(one.secret, hlcAt(T0 + 1)) };
  const early = journalFiles(one, [testSegment(one, { bucket: P })]);
  const twin = journalFiles(late, [testSegment(one, { number: 1 })]);
  await put(bench, REFS.journal + one.record.writer, twin);
  await mergeOnce(bench.repository, now);
  await put(bench, REFS.inbox + one.record.writer, early);
  const { skipped } = await mergeOnce(bench.repository, now);
  assert.equal(skipped, []);
  const merged = await mergedNow(bench);
  const path = `${mergedPath(one.record.writer)}/${WRITER_JSON}`;
  const read = async () =>
    (await git(['cat-file', 'blob', `${REFS.mergedAll}:${path}`], { cwd: bench.directory })).stdout;
  assert.is(await read(), one.record.text);
  await foldRefs(bench.repository, FIXED_TIME_SECONDS, await bench.repository.refs.list([REFS.inbox]));
  assert.equal((await mergeOnce(bench.repository, { ...now, isFresh: true })).changed, []);
  await remove(bench, REFS.archive);
  await put(bench, REFS.journal + one.record.writer, early);
  await put(bench, REFS.inbox + one.record.writer, twin);
  await mergeOnce(bench.repository, { ...now, isFresh: true });
  assert.equal(await mergedNow(bench), merged);
});

it('forgets a writer whose refs are gone, and a pipeline that nobody has', async (bench) => {
  await put(bench, REFS.journal + one.record.writer, journalFiles(one, [testSegment(one, { bucket: P })]));
  await put(bench, REFS.journal + two.record.writer, journalFiles(two, [testSegment(two, { bucket: Q })]));
  await mergeOnce(bench.repository, now);
  await remove(bench, REFS.journal + one.record.writer);
  await mergeOnce(bench.repository, now);
  assert.equal(Object.keys(await mergedNow(bench)), [REFS.mergedAll, REFS.mergedPipeline + Q]);
  const left = await paths(bench, REFS.mergedAll);
  assert.ok(left.every((path) => path.startsWith(mergedPath(two.record.writer))));
});

it('heals a merge that was killed, a damaged merged/all and a missing pipeline', async (bench) => {
  const files = journalFiles(one, [testSegment(one, { bucket: P }), testSegment(one, { bucket: Q })]);
  await put(bench, REFS.journal + one.record.writer, files);
  await mergeOnce(bench.repository, now);
  const sound = await mergedNow(bench);
  await remove(bench, REFS.mergedAll); // Killed after the pipelines, before merged/all.
  await mergeOnce(bench.repository, now);
  assert.equal(await mergedNow(bench), sound);
  await put(bench, REFS.mergedAll, { [GATE]: 'nonsense' });
  await mergeOnce(bench.repository, now);
  assert.equal(await mergedNow(bench), sound);
  await remove(bench, REFS.mergedPipeline + Q);
  await mergeOnce(bench.repository, { ...now, isFresh: true });
  assert.equal(await mergedNow(bench), sound);
});

it('loses nothing when many merge at once', async (bench) => {
  const many = Array.from({ length: 12 }, (_, i) => testWriter(i));
  const others = await Promise.all([1, 2, 3].map(() => openRepository(bench.directory, { env: sealedEnv() })));
  const push = async (writer: typeof one, i: number) => {
    await put(bench, REFS.journal + writer.record.writer, journalFiles(writer, [testSegment(writer, { bucket: P })]));
    await mergeOnce(others[i % 3] as GitRepository, now);
  };
  await Promise.all(many.map(push));
  const merged = await mergedNow(bench);
  await mergeOnce(bench.repository, { ...now, isFresh: true });
  assert.equal(await mergedNow(bench), merged);
  assert.is((await paths(bench, REFS.mergedAll)).filter((path) => path.endsWith(WRITER_JSON)).length, 12);
  await Promise.all(others.map((repository) => repository.close()));
});

it.run();
