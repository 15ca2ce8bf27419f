import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseExecutionToSet } from '../../src/app/choose-execution.ts';
import { ownJournal, walDirectory } from '../../src/app/clone.ts';
import { logMetrics } from '../../src/app/executions.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readView } from '../../src/app/read-state.ts';
import { openRecordSession, type RecordSession } from '../../src/app/record-lines.ts';
import { countWals } from '../../src/app/wal.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import type { ExecutionId } from '../../src/domain/ids.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: records as JSON lines');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

function say(session: RecordSession, line: object): Promise<string | undefined> {
  return session.line(Buffer.from(JSON.stringify(line)));
}

async function startOn(session: RecordSession, stage: string): Promise<string> {
  const answer = await say(session, { op: 'start', pipeline: 'p', stage });
  return (JSON.parse(answer ?? '{}') as { execution: string }).execution;
}

async function executionOf({ clone }: WritingClone, id: string): Promise<ExecutionView> {
  const found = (await readView(clone)).executions.get(id as ExecutionId);
  assert.ok(found !== undefined);
  return found;
}

it('means the execution started last, whichever one a line before has named', async (bench) => {
  const session = openRecordSession(bench.clone, undefined);
  const [one, two] = [await startOn(session, 'one'), await startOn(session, 'two')];
  await say(session, { op: 'param', execution: one, values: { lr: 1 } });
  await say(session, { op: 'metric', values: { loss: 0.5 } });
  await session.end();
  const [first, second] = [await executionOf(bench, one), await executionOf(bench, two)];
  assert.equal([...first.fields.keys()], ['param.lr']);
  assert.is(first.metrics.size, 0);
  assert.equal([...second.metrics.keys()], ['loss']);
});

it('means CMF_EXECUTION where nothing was started on the stream, also after a line that names another', async (bench) => {
  const [one, two] = [await startRun(bench.clone), await startRun(bench.clone)];
  const session = openRecordSession(bench.clone, one.execution);
  await say(session, { op: 'param', execution: two.execution, values: { lr: 1 } });
  await say(session, { op: 'metric', values: { loss: 0.5 } });
  await session.end();
  assert.equal([...(await executionOf(bench, one.execution)).metrics.keys()], ['loss']);
  assert.equal([...(await executionOf(bench, two.execution)).fields.keys()], ['param.lr']);
});

it('replaces what a pull brought while the stream was open', async (bench) => {
  const [other, host] = [await makeWritingClone(), await makeRepository({ bare: true })];
  const session = openRecordSession(bench.clone, undefined);
  const execution = await startOn(session, 'train');
  await say(session, { op: 'metric', values: { auc: 0.1 } });
  await session.end();
  await push(bench.clone, host);
  await pull(other.clone, host);
  await logMetrics(other.clone, await chooseExecutionToSet(other.clone, { execution }), new Map([['auc', 0.2]]), {
    step: null,
    rank: 0,
  });
  await push(other.clone, host);
  await pull(bench.clone, host);
  await other.clone.repository.close();
  await say(session, { op: 'metric', values: { auc: 0.3 } });
  await session.end();
  const points = (await executionOf(bench, execution)).metrics.get('auc') ?? [];
  assert.equal(
    points.map(({ values }) => values.map(({ value }) => value.value)),
    [[0.3]],
  );
});

it('journals a thousand lines, or a mebibyte of them, before the stream ends', async (bench) => {
  const { clone } = bench;
  const tip = () => clone.repository.refs.resolve(ownJournal(clone));
  const session = openRecordSession(clone, undefined);
  await startOn(session, 'train');
  for (let step = 0; step < 997; step++) await say(session, { op: 'metric', values: { loss: 1 }, step });
  assert.is(await tip(), undefined);
  await say(session, { op: 'metric', values: { loss: 1 }, step: 997 });
  const first = await tip();
  assert.ok(first !== undefined);
  assert.is(countWals(clone.disk, walDirectory(clone)), 0);
  const text = 'x'.repeat(60_000);
  for (let i = 0; i < 18; i++) await say(session, { op: 'param', values: { text } });
  assert.is.not(await tip(), first);
  await session.end();
});

it('refuses a member that it does not know, and records nothing of that line', async (bench) => {
  const session = openRecordSession(bench.clone, undefined);
  const id = await startOn(session, 'one');
  const said = async (line: object) => {
    const error = await say(session, line).catch((reason: unknown) => reason);
    return error instanceof CmfError ? `${error.code}: ${error.message}` : error;
  };
  assert.is(
    await said({ op: 'metric', valuse: { loss: 1 } }),
    "usage: line 2: a metric line has no 'valuse': it has execution, values, step, rank",
  );
  assert.match(String(await said({ op: 'param', params: { lr: 1 } })), "line 3: a param line has no 'params'");
  assert.match(String(await said({ op: 'start', pipeline: 'p', stage: 's', execution: id })), "has no 'execution'");
  assert.match(String(await said({ op: 'constructor' })), "'op' must be start");
  assert.is(await said({ op: 'metric', values: { loss: 1 } }), undefined);
  await session.end();
  const { metrics, fields } = await executionOf(bench, id);
  assert.equal([[...metrics.keys()], fields.size], [['loss'], 0]);
});

it.run();
