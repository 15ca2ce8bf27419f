import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readClock } from '../../src/app/clone-clock.ts';
import { examineLeftOut } from '../../src/app/doctor-left-out.ts';
import { finishExecution } from '../../src/app/executions.ts';
import { refreshNotes } from '../../src/app/notes.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readState, readView } from '../../src/app/read-state.ts';
import { isShared } from '../../src/app/running.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { gitBlobId } from '../../src/domain/digest.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import type { Oid } from '../../src/ports/git.ts';
import { mergeAt, plantRef, withContext } from '../helpers/hosts.ts';
import { journalFiles, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { git, makeCommit, makeRepository, refsSnapshot } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly other: WritingClone; readonly host: string };
const it = suite<Bench>('app: pull');

it.before.each(async (bench) => {
  const [clone, other] = [await makeWritingClone(), await makeWritingClone()];
  Object.assign(bench, clone, { other, host: await makeRepository({ bare: true }) });
});
it.after.each(async ({ clone, other }) => {
  await clone.repository.close();
  await other.clone.repository.close();
});

const journalOf = (number: number) => `refs/cmf/journal/${testWriter(number).record.writer}`;

/** Puts the journal of a test writer on a host. */
function plant(host: string, number: number, wish = {}): Promise<void> {
  const writer = testWriter(number);
  return plantRef(host, journalOf(number), journalFiles(writer, [testSegment(writer, wish)]));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return (error as CmfError).code;
}

async function countAt({ clone }: WritingClone): Promise<number> {
  return (await readState(clone)).state.entries.size;
}

it('learns what others recorded, once', async ({ clone, other, host }) => {
  const first = await pull(clone, host);
  assert.equal([first.entries, first.writers, first.skipped], [0, 0, []], 'an empty host');
  const { execution } = await startRun(other.clone);
  await push(other.clone, host);
  const second = await pull(clone, host);
  assert.equal([second.entries, second.writers, second.skipped], [2, 1, []]);
  assert.is((await readView(clone)).executions.get(execution)?.status, 'running');
  const third = await pull(clone, host);
  assert.equal([third.entries, third.writers], [0, 0]);
});

it('reads what it learned once, and makes the notes that are made from the beginning', async (bench) => {
  const { clone, directory, other, host } = bench;
  const { execution } = await startRun(clone);
  await push(clone, host);
  await startRun(other.clone);
  const commit = await makeCommit(other.directory, { 'a.py': '1' });
  await git(['fetch', '-q', other.directory, 'HEAD'], { cwd: directory });
  const onIt = await startRun(other.clone);
  await push(other.clone, host);
  const { repository } = clone;
  const reads = new Map<Oid, number>();
  const readBlobs = (oids: readonly Oid[]) => {
    for (const oid of oids) reads.set(oid, (reads.get(oid) ?? 0) + 1);
    return repository.objects.readBlobs(oids);
  };
  const objects = Object.assign(Object.create(repository.objects) as typeof repository.objects, { readBlobs });
  const counting = Object.assign(Object.create(repository) as typeof repository, { objects });
  await pull({ ...clone, repository: counting }, host);
  // The gate is one empty blob for all journals.
  reads.delete(gitBlobId('', 'sha1') as Oid);
  const view = await readView(clone);
  assert.equal([view.executions.has(execution), view.executions.has(onIt.execution)], [true, true]);
  assert.ok(reads.size > 1 && [...reads.values()].every((count) => count === 1), JSON.stringify([...reads]));
  assert.match(
    (await git(['notes', '--ref=cmf', 'show', commit], { cwd: directory })).stdout,
    onIt.execution.slice(0, 18),
  );
  assert.is(await refreshNotes(clone), 0);
});

it('says which remote there is not', async ({ clone }) => {
  assert.is(await codeOf(pull(clone, '/nowhere/at/all')), 'no-remote');
});

it('touches nothing but refs of its own', async ({ clone, directory, other, host }) => {
  await startRun(other.clone);
  await push(other.clone, host);
  const before = await refsSnapshot(directory);
  await pull(clone, host);
  assert.equal(await refsSnapshot(directory, ['refs/cmf-local/', 'refs/notes/cmf ']), before);
});

it('works in a clone that does not record', async ({ other, host }) => {
  await startRun(other.clone);
  await push(other.clone, host);
  const reader = await makeRepository();
  await withContext(reader, async (context) => {
    assert.is((await pull(context, host)).entries, 2);
    assert.is((await readView(context)).executions.size, 1);
  });
});

it('leaves out a writer whose journal is not sound, names it, and learns the rest', async (bench) => {
  const { clone, host } = bench;
  await plant(host, 1);
  await plant(host, 2);
  const writer = testWriter(3);
  const good = journalFiles(writer, [testSegment(writer)]);
  const forged = Object.entries(good).map(([path, text]) => [
    path,
    text.replace(/"title":"[^"]*"/, '"title":"forged"'),
  ]);
  await plantRef(host, journalOf(3), Object.fromEntries(forged));
  const report = await pull(clone, host);
  assert.equal([report.entries, report.writers, report.skipped.length], [2, 2, 1]);
  assert.match(report.skipped[0] ?? '', writer.record.writer);
  const { partial } = await readState(clone);
  assert.is(partial.length, 1, 'it is known that something is missing');
  assert.match(partial[0] ?? '', writer.record.writer);

  await plantRef(host, journalOf(3), good);
  const again = await pull(clone, host);
  assert.equal([again.entries, again.skipped], [1, []]);
  assert.equal((await readState(clone)).partial, []);
});

it('leaves out what is no journal at all', async ({ clone, host }) => {
  await plant(host, 1);
  await plantRef(host, journalOf(2), { 'README.md': 'hello\n' });
  await plantRef(host, journalOf(4), journalFiles(testWriter(5), [testSegment(testWriter(5))]));
  const { stdout } = await git(['hash-object', '-w', '--stdin'], { cwd: host, input: 'a blob' });
  await git(['update-ref', journalOf(3), stdout.trim()], { cwd: host });
  const report = await pull(clone, host);
  assert.equal([report.entries, report.skipped.length], [1, 3]);
  assert.is(await countAt({ clone, directory: '', said: [] }), 1);
});

it('takes one ref from a host that merges', async (bench) => {
  const { clone, other, host } = bench;
  await startRun(other.clone);
  await push(other.clone, host);
  await mergeAt(host);
  assert.is((await pull(clone, host)).entries, 2);
  const incoming = await clone.repository.refs.list(['refs/cmf-local/incoming/']);
  assert.equal(
    incoming.map(({ name }) => name.slice(name.indexOf('merged'))),
    ['merged/all'],
  );
});

it('takes one pipeline where the host can tell it apart, and the rest later', async (bench) => {
  const { clone, host } = bench;
  await plant(host, 1, { bucket: testBucket('a') });
  await plant(host, 2, { bucket: testBucket('b'), count: 2 });
  await mergeAt(host);
  const narrow = await pull(clone, host, pipelineId('', 'b'));
  assert.equal([narrow.entries, narrow.writers, narrow.narrowed], [2, 1, true]);
  assert.is(await countAt(bench), 2);
  assert.is((await readState(clone)).partial.length, 1);
  assert.is(await codeOf(pull(clone, host, pipelineId('', 'c'))), 'not-found');

  await pull(clone, host);
  assert.is(await countAt(bench), 3);
  assert.equal((await readState(clone)).partial, []);
  assert.equal(await clone.repository.refs.list(['refs/cmf-local/partial/']), []);
});

it('takes all from a host that does not merge, and says that it could not be narrowed', async (bench) => {
  const { clone, host } = bench;
  await plant(host, 1, { bucket: testBucket('a') });
  await plant(host, 2, { bucket: testBucket('b') });
  const report = await pull(clone, host, pipelineId('', 'b'));
  assert.equal([report.entries, report.narrowed], [2, false]);
  assert.equal((await readState(clone)).partial, []);
});

it('loses nothing when it runs twice at once, from two hosts', async (bench) => {
  const { clone, host } = bench;
  const second = await makeRepository({ bare: true });
  for (const number of [1, 2, 3]) await plant(host, number);
  for (const number of [3, 4, 5]) await plant(second, number);
  await Promise.all([pull(clone, host), pull(clone, second), pull(clone, host)]);
  assert.is(await countAt(bench), 5);
  assert.equal((await readState(clone)).partial, []);
});

it('moves the clock past what was heard, and not far past the wall', async ({ clone, host }) => {
  const nowMs = clone.effects.nowMs();
  await plant(host, 1, { atMs: nowMs + 5 * 60_000 });
  await plant(host, 2, { atMs: nowMs + 60 * 60_000 });
  await pull(clone, host);
  assert.is(readClock(clone), hlcAt(nowMs + 5 * 60_000));
});

it('remembers of what runs here that others spoke of it', async ({ clone, other, host }) => {
  const [shared, own] = [await startRun(clone), await startRun(clone)];
  await push(clone, host);
  await pull(other.clone, host);
  await finishExecution(other.clone, { target: shared, view: undefined }, { status: 'failed' });
  await push(other.clone, host);
  await pull(clone, host);
  assert.equal([isShared(clone, shared.execution), isShared(clone, own.execution)], [true, false]);
});

it('forgets what it left out once the remote does not offer it any more', async (bench) => {
  const { clone, host } = bench;
  await plant(host, 1);
  await plantRef(host, journalOf(2), { 'README.md': 'hello\n' });
  await pull(clone, host);
  assert.is((await readState(clone)).partial.length, 1);
  assert.equal(
    (await examineLeftOut(clone)).map(({ level, message }) => [level, message.includes(testWriter(2).record.writer)]),
    [['notice', true]],
  );
  await git(['update-ref', '-d', journalOf(2)], { cwd: host });
  await pull(clone, await makeRepository({ bare: true }));
  assert.is((await readState(clone)).partial.length, 1, 'another remote says nothing of it');
  await pull(clone, host);
  assert.equal((await readState(clone)).partial, []);
  assert.equal(await examineLeftOut(clone), []);
});

it.run();
