import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finishExecution, logMetrics, recordNow } from '../../src/app/executions.ts';
import { refreshNotes } from '../../src/app/notes.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readView } from '../../src/app/read-state.ts';
import { listRecords } from '../../src/app/records.ts';
import { retractRecords } from '../../src/app/retract.ts';
import { prepareUse, type Target } from '../../src/domain/prepare.ts';
import type { View } from '../../src/domain/view.ts';
import type { Oid } from '../../src/ports/git.ts';
import { git, makeCommit, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly commit: string };
const it = suite<Bench>('app: notes');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
  Object.assign(bench, { commit: await makeCommit(bench.directory, { 'train.py': 'print(1)\n' }) });
});
it.after.each(({ clone }) => clone.repository.close());

function use(target: Target, direction: 'input' | 'output', path: string, digit: string) {
  const digests = [{ kind: 'md5', value: digit.repeat(32) }] as const;
  return prepareUse(target, { direction, path, digests, seen: true, values: {} });
}

/** A whole run on the commit that is checked out. */
async function wholeRun({ clone }: WritingClone, stage = 'train'): Promise<Target> {
  const target = await startRun(clone, stage);
  const chosen = { target, view: undefined };
  await logMetrics(clone, chosen, new Map([['auc', 0.91]]), { step: 3, rank: 0 });
  recordNow(clone, [use(target, 'input', 'data/x.csv', '1'), use(target, 'output', 'model.bin', '2')]);
  await finishExecution(clone, chosen, { status: 'succeeded' });
  return target;
}

async function notes(directory: string, args: readonly string[]): Promise<string> {
  return (await git(['notes', '--ref=cmf', ...args], { cwd: directory })).stdout;
}

async function notesTree(directory: string): Promise<string> {
  return (await git(['rev-parse', 'refs/notes/cmf^{tree}'], { cwd: directory })).stdout.trim();
}

/** Paths and blobs of the notes tree. */
async function notesPaths(directory: string): Promise<readonly string[]> {
  const listed = await git(['ls-tree', '-r', '--format=%(path)', 'refs/notes/cmf'], { cwd: directory });
  return listed.stdout.split('\n').filter((line) => line !== '');
}

/** Writes a notes tree as another program might: any path, any content. */
async function plantNotes(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  const commands = Object.entries(files).map(
    ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const head = 'commit refs/notes/cmf\ncommitter Somebody <s@example.invalid> 1 +0000\ndata 6\nplant\n\ndeleteall\n';
  await git(['fast-import', '--quiet', '--force'], { cwd: directory, input: head + commands.join('') });
}

it('are shown by git log under each commit, with status, metrics, inputs and outputs', async (bench) => {
  const { clone, directory } = bench;
  const first = await wholeRun(bench);
  await makeCommit(directory, {}, 'nothing ran on this one');
  const third = await makeCommit(directory, { 'train.py': 'print(2)\n' }, 'third');
  const chosen = { target: await startRun(clone, 'evaluate'), view: undefined };
  await finishExecution(clone, chosen, { status: 'failed' });
  assert.is(await refreshNotes(clone), 2);

  const { stdout } = await git(['log', '--notes=cmf', '--format=%H%n%N%x00'], { cwd: directory });
  const [atThird, atSecond, atFirst] = stdout.split('\0');
  assert.match(atThird ?? '', new RegExp(`^${third}\ngit-cmf executions`));
  assert.match(atThird ?? '', `churn/evaluate ${chosen.target.execution.slice(0, 18)} failed`);
  assert.is(atSecond?.trim().length, 40, 'nothing is said where nothing ran');
  assert.match(atFirst ?? '', `churn/train ${first.execution.slice(0, 18)} succeeded`);
  assert.match(atFirst ?? '', /^ {2}metric auc=0\.91$/m);
  assert.match(atFirst ?? '', /^ {2}input {2}data\/x\.csv md5:1{12}$/m);
  assert.match(atFirst ?? '', /^ {2}output model\.bin md5:2{12}$/m);
});

it('change only where the view changed', async (bench) => {
  const { clone, directory } = bench;
  await wholeRun(bench);
  assert.is(await refreshNotes(clone), 1);
  const before = await git(['rev-parse', 'refs/notes/cmf'], { cwd: directory });
  assert.is(await refreshNotes(clone), 0);
  assert.equal(await git(['rev-parse', 'refs/notes/cmf'], { cwd: directory }), before);
});

it('are the same tree in two clones that know the same, whoever wrote them when', async (bench) => {
  const { clone, directory } = bench;
  const host = await makeRepository({ bare: true });
  const other = await makeWritingClone();
  try {
    await git(['fetch', '--quiet', directory, 'HEAD'], { cwd: other.directory });
    await git(['reset', '--quiet', '--hard', 'FETCH_HEAD'], { cwd: other.directory });
    await wholeRun(bench);
    await refreshNotes(clone);
    await makeCommit(other.directory, { 'b.py': '' }, 'the other goes on');
    await wholeRun(other, 'evaluate');
    await refreshNotes(other.clone);
    await git(['fetch', '--quiet', other.directory, 'HEAD'], { cwd: directory });
    for (const one of [clone, other.clone]) await push(one, host);
    for (const one of [clone, other.clone]) await pull(one, host);
    for (const one of [clone, other.clone]) await refreshNotes(one);
    assert.is((await notesPaths(directory)).length, 2);
    assert.is(await notesTree(directory), await notesTree(other.directory));
  } finally {
    await other.clone.repository.close();
  }
});

it('are for commits that this repository has', async (bench) => {
  const { clone, directory } = bench;
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: 'no commit' })).stdout.trim();
  await wholeRun(bench);
  const view = await readView(clone);
  const [execution] = view.executions.values();
  const [attempt] = execution?.attempts ?? [];
  assert.ok(execution !== undefined && attempt !== undefined);
  const onCommit = (commit: string): View => {
    const moved = { ...attempt, facts: { ...attempt.facts, code: { commit } } };
    return { ...view, executions: new Map([[execution.id, { ...execution, attempts: [moved] }]]) };
  };
  for (const commit of [`sha1:${'ab'.repeat(20)}`, `sha1:${blob}`, `sha256:${'ab'.repeat(32)}`, 'sha1:zz', 'x']) {
    assert.is(await refreshNotes(clone, { view: onCommit(commit) }), 0, commit);
  }
  assert.is(await clone.repository.refs.resolve('refs/notes/cmf'), undefined);
});

it('go when what they said was taken back', async (bench) => {
  const { clone, directory } = bench;
  await wholeRun(bench);
  await refreshNotes(clone);
  const { records } = await listRecords(clone, {});
  await retractRecords(
    clone,
    records.map(({ id }) => id),
  );
  assert.is(await refreshNotes(clone), 1);
  assert.is(await notes(directory, ['list']), '');
});

it('leave what somebody else wrote, on the same commit and on others', async (bench) => {
  const { clone, directory, commit } = bench;
  const second = await makeCommit(directory, {}, 'second');
  await notes(directory, ['add', '-m', 'mine', commit]);
  await notes(directory, ['add', '-m', 'mine too', second]);
  await wholeRun(bench);
  assert.is(await refreshNotes(clone), 0, 'the commit has a note that is not ours');
  const third = await makeCommit(directory, {}, 'third');
  await wholeRun(bench);
  assert.is(await refreshNotes(clone), 1);
  assert.is(await notes(directory, ['show', commit]), 'mine\n');
  assert.is(await notes(directory, ['show', second]), 'mine too\n');
  assert.match(await notes(directory, ['show', third]), /^git-cmf executions/);
});

it('are found again in any fan-out, and changed where they lie', async (bench) => {
  const { clone, directory, commit } = bench;
  await wholeRun(bench);
  await refreshNotes(clone);
  const [path = ''] = await notesPaths(directory);
  assert.is(path, `${commit.slice(0, 2)}/${commit.slice(2)}`);
  const stale = 'git-cmf executions (format 1)\n\nsomething older\n';
  const places = [commit, `${commit.slice(0, 2)}/${commit.slice(2, 4)}/${commit.slice(4)}`];
  for (const place of places) {
    await plantNotes(directory, { [place]: stale, 'README.txt': 'no note', 'ab/odd': 'no note either' });
    assert.is(await refreshNotes(clone), 1, place);
    assert.equal((await notesPaths(directory)).slice().sort(), [place, 'README.txt', 'ab/odd'].sort());
    assert.match(await notes(directory, ['show', commit]), /churn\/train/);
  }
});

it('that are stale go, whatever their fan-out; those of others stay', async (bench) => {
  const { clone, directory } = bench;
  const marker = 'git-cmf executions (format 1)\n';
  const gone = { ['a'.repeat(40)]: marker, [`bb/${'b'.repeat(38)}`]: marker, [`cc/cc/${'c'.repeat(36)}`]: marker };
  const kept = { ['d'.repeat(40)]: 'by hand\n', [`ee/${'e'.repeat(38)}`]: ` ${marker}` };
  await plantNotes(directory, { ...gone, ...kept });
  assert.is(await refreshNotes(clone), 3);
  assert.equal(await notesPaths(directory), Object.keys(kept));
});

it('do not keep git from adding notes of its own', async (bench) => {
  const { clone, directory, commit } = bench;
  const second = await makeCommit(directory, {}, 'second');
  const third = await makeCommit(directory, {}, 'third');
  await notes(directory, ['add', '-m', 'by hand', second]);
  await git(['checkout', '--quiet', commit], { cwd: directory });
  await wholeRun(bench);
  assert.is(await refreshNotes(clone), 1);
  const depths = (await notesPaths(directory)).map((path) => path.split('/').length);
  assert.equal(depths.sort(), [1, 2], 'a mixed fan-out');
  await notes(directory, ['add', '-m', 'and by hand again', third]);
  await notes(directory, ['append', '-m', 'more', second]);
  const listed = (await notes(directory, ['list'])).split('\n').filter((line) => line !== '');
  assert.equal(listed.map((line) => line.split(' ')[1]).sort(), [commit, second, third].sort());
  assert.match(await notes(directory, ['show', commit]), /churn\/train/);
  assert.is(await notes(directory, ['show', second]), 'by hand\n\nmore\n');
  assert.is(await refreshNotes(clone), 0);
  await notes(directory, ['remove', commit]);
  assert.is(await refreshNotes(clone), 1, 'a note that was removed comes back');
});

it('lose nothing when eight refresh at once, each with what it knows', async (bench) => {
  const { clone, directory } = bench;
  const commits: Oid[] = [];
  for (let i = 0; i < 8; i++) {
    commits.push((await makeCommit(directory, { 'train.py': `print(${i})\n` })) as Oid);
    await startRun(clone, `stage-${i}`);
  }
  const empty = await makeCommit(directory, {}, 'for a note by hand');
  const view = await readView(clone);
  // Each knows one execution less than the next, as clones do that pull one after the other.
  const some = [...view.executions.keys()];
  const views = some.map((_, i) => ({ ...view, executions: new Map([...view.executions].slice(0, i + 1)) }));
  await notes(directory, ['add', '-m', 'by hand', empty]);
  await Promise.all([view, ...views].map((one) => refreshNotes(clone, { view: one })));
  await refreshNotes(clone, { view });
  const listed = (await notes(directory, ['list'])).split('\n').map((line) => line.split(' ')[1] ?? '');
  assert.equal(listed.filter((name) => name !== '').sort(), [...commits, empty].sort());
  assert.is(await notes(directory, ['show', empty]), 'by hand\n');
  await git(['fsck', '--strict'], { cwd: directory });
});

it('are one tree when eight write the same at once', async (bench) => {
  const { clone, directory } = bench;
  for (let i = 0; i < 8; i++) {
    await makeCommit(directory, { 'train.py': `print(${i})\n` });
    await startRun(clone, `stage-${i}`);
  }
  const view = await readView(clone);
  await Promise.all(Array.from({ length: 8 }, () => refreshNotes(clone, { view })));
  assert.is((await notesPaths(directory)).length, 8);
  assert.is(await refreshNotes(clone, { view }), 0);
});

it.run();
