import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { logMetrics, recordNow } from '../../src/app/executions.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { listRecords, type RecordFilter } from '../../src/app/records.ts';
import { retractRecords } from '../../src/app/retract.ts';
import type { CmfError } from '../../src/domain/errors.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: the records');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

async function kinds({ clone }: WritingClone, filter: RecordFilter = {}): Promise<string[]> {
  return (await listRecords(clone, filter)).records.map(({ entry }) => entry.kind);
}

it('come newest first, and those that were taken back say so', async (bench) => {
  const target = await startRun(bench.clone);
  await logMetrics(bench.clone, { target, view: undefined }, new Map([['auc', 1]]), { step: null, rank: 0 });
  assert.equal(await kinds(bench), ['metric', 'attempt.start', 'execution']);
  const [newest] = (await listRecords(bench.clone, {})).records;
  await retractRecords(bench.clone, [newest?.id ?? '']);
  const { records } = await listRecords(bench.clone, {});
  assert.equal(
    records.map(({ entry, retracted }) => [entry.kind, retracted]),
    [
      ['retract', false],
      ['metric', true],
      ['attempt.start', false],
      ['execution', false],
    ],
  );
});

it('are those of one execution, by the beginning of its id too', async (bench) => {
  const [one, two] = [await startRun(bench.clone), await startRun(bench.clone, 'evaluate')];
  for (const execution of [one.execution, one.execution.slice(0, 18)]) {
    const { records } = await listRecords(bench.clone, { execution });
    assert.equal(
      records.map(({ entry }) => entry.subject?.id),
      [one.execution, one.execution],
    );
  }
  assert.is((await kinds(bench)).length, 4);
  assert.is((await kinds(bench, { execution: two.execution })).length, 2);
  const error = await kinds(bench, { execution: 'ffffffff' }).catch((reason: unknown) => reason);
  assert.is((error as CmfError).code, 'not-found');
});

it('are those of one pipeline, also where they lie in no bucket of it', async (bench) => {
  const { execution } = await startRun(bench.clone);
  const subject = { kind: 'execution', id: execution } as const;
  recordNow(bench.clone, [{ bucket: '_', subject, operation: { kind: 'set', values: { 'param.a': 1 } } }]);
  assert.equal(await kinds(bench, { pipeline: pipelineId('', 'churn') }), ['set', 'attempt.start', 'execution']);
  assert.equal(await kinds(bench, { pipeline: pipelineId('', 'other') }), []);
});

it('are in the same order in every clone', async (bench) => {
  const other = await makeWritingClone();
  try {
    const host = await makeRepository({ bare: true });
    for (const each of [bench, other, bench, other]) await startRun(each.clone);
    for (const each of [bench, other]) await push(each.clone, host);
    for (const each of [bench, other]) await pull(each.clone, host);
    const ids = async ({ clone }: WritingClone) => (await listRecords(clone, {})).records.map(({ id }) => id);
    const here = await ids(bench);
    assert.is(here.length, 8);
    assert.equal(await ids(other), here);
  } finally {
    await other.clone.repository.close();
  }
});

it.run();
