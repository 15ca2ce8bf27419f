import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseExecution, chooseExecutionToSet, chooseKnownExecution } from '../../src/app/choose-execution.ts';
import {
  finishExecution,
  flushIfMany,
  logMetrics,
  recordNow,
  resumeExecution,
  setFields,
} from '../../src/app/executions.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readView } from '../../src/app/read-state.ts';
import { listRecords } from '../../src/app/records.ts';
import { listRunning } from '../../src/app/running.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import type { StoredValue } from '../../src/domain/value.ts';
import { git, makeCommit, makeRepository } from '../helpers/sealed-git.ts';
import { draftOf } from '../helpers/simulated-machine.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = { readonly one: WritingClone; readonly two: WritingClone; readonly host: string };
const it = suite<Bench>('app: the life of an execution');

it.before.each(async (bench) => {
  const [one, two] = [await makeWritingClone(), await makeWritingClone()];
  Object.assign(bench, { one, two, host: await makeRepository({ bare: true }) });
});
it.after.each(async ({ one, two }) => {
  for (const { clone } of [one, two]) await clone.repository.close();
});

async function carry(from: WritingClone, to: WritingClone, host: string): Promise<void> {
  await push(from.clone, host);
  await pull(to.clone, host);
}

async function executionAt({ clone }: WritingClone, id: string): Promise<ExecutionView> {
  const found = [...(await readView(clone)).executions.values()].find((execution) => execution.id === id);
  assert.ok(found !== undefined);
  return found;
}

function params(value: StoredValue): { readonly params: ReadonlyMap<string, StoredValue> } {
  return { params: new Map([['lr', value]]) };
}

async function valuesOf(place: WritingClone, id: string): Promise<readonly unknown[]> {
  return ((await executionAt(place, id)).fields.get('param.lr') ?? []).map(({ value }) => value);
}

const NO_STEP = { step: null, rank: 0 };

it('records code, branch and environment at the start, and no name of a person or host', async ({ one }) => {
  const commit = await makeCommit(one.directory, { 'a.py': '1' });
  await git(['remote', 'add', 'origin', 'https://user:secret@host.invalid/x.git'], { cwd: one.directory });
  const { execution } = await startRun(one.clone);
  const facts = (await executionAt(one, execution)).latest?.facts;
  assert.equal(facts?.code, {
    repository: 'https://host.invalid/x.git',
    commit: `sha1:${commit}`,
    branch: 'main',
    dirty: false,
  });
  const { records } = await listRecords(one.clone, {});
  assert.not.match(records.map(({ line }) => line).join(), /secret|user:|Test Person|example\.invalid/);
});

it('starts before the first commit and in a repository without a work tree', async ({ one }) => {
  const bare = await makeWritingClone({ bare: true });
  try {
    for (const place of [one, bare]) {
      const { execution, worktree } = await startRun(place.clone);
      assert.is((await executionAt(place, execution)).latest?.facts.code?.commit, undefined);
      assert.is(worktree, place.clone.repository.layout.worktree ?? place.clone.repository.layout.gitDir);
    }
  } finally {
    await bare.clone.repository.close();
  }
});

it('replaces the value of another clone that it saw, so nobody sees a conflict', async ({ one, two, host }) => {
  const { execution } = await startRun(one.clone);
  await setFields(one.clone, await chooseExecution(one.clone, { execution }), params(0.1));
  await carry(one, two, host);
  await setFields(two.clone, await chooseExecution(two.clone, { execution }), params(0.2));
  await carry(two, one, host);
  for (const place of [one, two]) assert.equal(await valuesOf(place, execution), [0.2]);

  // Back in the first clone it still runs, and what others said of it is replaced all the same.
  await setFields(one.clone, await chooseExecutionToSet(one.clone, { execution }), params(0.3));
  await carry(one, two, host);
  for (const place of [one, two]) assert.equal(await valuesOf(place, execution), [0.3]);
});

it('keeps both of two values that did not see each other', async ({ one, two, host }) => {
  const { execution } = await startRun(one.clone);
  await carry(one, two, host);
  await setFields(one.clone, await chooseExecution(one.clone, { execution }), params(0.1));
  await setFields(two.clone, await chooseExecution(two.clone, { execution }), params(0.2));
  await carry(one, two, host);
  await carry(two, one, host);
  const values = await valuesOf(one, execution);
  assert.equal([...values].sort(), [0.1, 0.2]);
  assert.equal(await valuesOf(two, execution), values);
});

it('replaces a point of a metric, and no other point', async ({ one, two, host }) => {
  const { execution } = await startRun(one.clone);
  const log = async (place: WritingClone, value: number, step: number | null, rank = 0) => {
    const chosen = await chooseExecutionToSet(place.clone, { execution });
    await logMetrics(place.clone, chosen, new Map([['auc', value]]), { step, rank });
  };
  await log(one, 0.1, 1);
  await log(one, 0.2, 2);
  await log(one, 0.3, 1, 1);
  await carry(one, two, host);
  await log(two, 0.9, 1);
  await carry(two, one, host);
  const points = (await executionAt(one, execution)).metrics.get('auc') ?? [];
  const shown = points.map(({ step, rank, values }) => [step, rank, values.map(({ value }) => value.value)]);
  assert.equal(shown.map((point) => JSON.stringify(point)).sort(), ['[1,0,[0.9]]', '[1,1,[0.3]]', '[2,0,[0.2]]']);
});

it('replaces an end that was stated elsewhere', async ({ one, two, host }) => {
  const { execution } = await startRun(one.clone);
  await carry(one, two, host);
  await finishExecution(two.clone, await chooseExecution(two.clone, { execution }), { status: 'failed', exitCode: 3 });
  await carry(two, one, host);
  assert.is((await executionAt(one, execution)).status, 'failed');
  await finishExecution(one.clone, await chooseExecutionToSet(one.clone, { execution }), { status: 'succeeded' });
  const { status, latest } = await executionAt(one, execution);
  assert.equal([status, latest?.ends.length], ['succeeded', 1]);
});

it('is journaled and no longer noted when it ends', async ({ one }) => {
  const target = await startRun(one.clone);
  assert.is(listRunning(one.clone).length, 1);
  await finishExecution(one.clone, { target, view: undefined }, { status: 'aborted' });
  assert.equal(listRunning(one.clone), []);
  assert.equal(one.clone.disk.list(`${one.clone.repository.layout.commonDir}/cmf/wal`), []);
});

it('goes on in another attempt, also in another clone', async ({ one, two, host }) => {
  const target = await startRun(one.clone);
  await finishExecution(one.clone, { target, view: undefined }, { status: 'failed' });
  await carry(one, two, host);
  const chosen = await chooseKnownExecution(two.clone, { execution: target.execution });
  const resumed = await resumeExecution(two.clone, chosen);
  assert.equal([resumed.execution, resumed.pipeline, resumed.stage], [target.execution, 'churn', 'train']);
  const { attempts, latest, status } = await executionAt(two, target.execution);
  assert.equal(
    attempts.map(({ status: each }) => each),
    ['failed', 'running'],
  );
  assert.equal([latest?.id, status], [resumed.attempt, 'running']);
  await logMetrics(two.clone, { target: resumed, view: undefined }, new Map([['auc', 1]]), NO_STEP);
  await finishExecution(two.clone, { target: resumed, view: undefined }, { status: 'succeeded' });
  await carry(two, one, host);
  assert.is((await executionAt(one, target.execution)).status, 'succeeded');
});

it('is not resumed where nothing is known of it', async ({ one }) => {
  const target = await startRun(one.clone);
  const error = await resumeExecution(one.clone, { target, view: undefined }).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.is((error as CmfError).code, 'not-found');
});

it('offers to journal when a thousand logs have gathered', async ({ one: { clone } }) => {
  const wal = `${clone.repository.layout.commonDir}/cmf/wal`;
  recordNow(clone, [draftOf(1)]);
  for (let i = 1; i < 999; i++) clone.disk.writeHint(`${wal}/boot.1.9.1.${i}.sealed`, '');
  await flushIfMany(clone);
  assert.is(clone.disk.list(wal).length, 999);
  recordNow(clone, [draftOf(2)]);
  await flushIfMany(clone);
  assert.is(clone.disk.list(wal).length, 0);
});

it.run();
