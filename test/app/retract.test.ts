import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finishExecution, logMetrics, recordNow } from '../../src/app/executions.ts';
import { flush } from '../../src/app/flush.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readView } from '../../src/app/read-state.ts';
import { listRecords } from '../../src/app/records.ts';
import { retractRecords } from '../../src/app/retract.ts';
import { succeed } from '../../src/app/succession.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { useId } from '../../src/domain/operation.ts';
import { prepareUse } from '../../src/domain/prepare.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: taking back');
const USE = {
  direction: 'input',
  path: 'a.csv',
  digests: [{ kind: 'md5', value: '0'.repeat(32) }],
  seen: true,
} as const;

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return (error as CmfError).code;
}

async function metricId({ clone }: WritingClone): Promise<string> {
  const { records } = await listRecords(clone, {});
  return records.find(({ entry }) => entry.kind === 'metric')?.id ?? '';
}

it('takes back a record by the beginning of its id, before and after it was journaled', async (bench) => {
  const { clone } = bench;
  const target = await startRun(clone);
  await logMetrics(clone, { target, view: undefined }, new Map([['auc', 0.3]]), { step: null, rank: 0 });
  await flush(clone, { wait: true });
  const id = await metricId(bench);
  const withdrawn = await retractRecords(clone, [id.slice(0, 10)]);
  assert.equal(
    withdrawn.map((record) => record.id),
    [id],
  );
  assert.is((await readView(clone)).executions.get(target.execution)?.metrics.size, 0);
  assert.equal(await retractRecords(clone, [id]), [], 'the second time there is nothing left to do');
});

it('takes back what a former writer of this clone recorded, also when a remote has it', async (bench) => {
  const { clone } = bench;
  const host = await makeRepository({ bare: true });
  const target = await startRun(clone);
  await logMetrics(clone, { target, view: undefined }, new Map([['auc', 0.3]]), { step: null, rank: 0 });
  await push(clone, host);
  const id = await metricId(bench);
  const { clone: successor, resealed } = await succeed(clone, clone.writer);
  assert.is(resealed, 0);
  assert.is((await retractRecords(successor, [id])).length, 1);
  const metrics = async () => (await readView(clone)).executions.get(target.execution)?.metrics.size;
  assert.is(await metrics(), 0);
  await push(successor, host);
  const other = await makeWritingClone();
  try {
    await pull(other.clone, host);
    assert.is((await readView(other.clone)).executions.get(target.execution)?.metrics.size, 0);
  } finally {
    await other.clone.repository.close();
  }
});

it('takes a use id for all entries of that use', async ({ clone }) => {
  const target = await startRun(clone);
  const draft = prepareUse(target, { ...USE, values: {} });
  recordNow(clone, [draft, draft]);
  const id = useId(target.execution, { ...USE, attempt: target.attempt });
  assert.is((await retractRecords(clone, [id])).length, 2);
  assert.equal((await readView(clone)).executions.get(target.execution)?.uses, []);
});

it('withdraws nothing when one of the names is wrong', async (bench) => {
  const { clone } = bench;
  const target = await startRun(clone);
  await logMetrics(clone, { target, view: undefined }, new Map([['auc', 0.3]]), { step: null, rank: 0 });
  const id = await metricId(bench);
  assert.is(await codeOf(retractRecords(clone, [id, '0000000'])), 'not-found');
  assert.is(await codeOf(retractRecords(clone, [id.slice(0, 5)])), 'usage');
  assert.is(await codeOf(retractRecords(clone, ['not hex'])), 'usage');
  assert.is((await readView(clone)).executions.get(target.execution)?.metrics.size, 1);
});

it('does not take back a retraction', async (bench) => {
  const { clone } = bench;
  await startRun(clone);
  const [newest] = (await listRecords(clone, {})).records;
  await retractRecords(clone, [newest?.id ?? '']);
  const [retraction] = (await listRecords(clone, {})).records;
  assert.is(retraction?.entry.kind, 'retract');
  assert.is(await codeOf(retractRecords(clone, [retraction?.id ?? ''])), 'refused');
});

it('refuses what somebody else recorded, and names the writer', async ({ clone }) => {
  const other = await makeWritingClone();
  try {
    const host = await makeRepository({ bare: true });
    const running = await startRun(other.clone);
    await finishExecution(other.clone, { target: running, view: undefined }, { status: 'succeeded' });
    await push(other.clone, host);
    await pull(clone, host);
    const [newest] = (await listRecords(clone, {})).records;
    const error = await retractRecords(clone, [newest?.id ?? '']).catch((reason: unknown) => reason);
    assert.is((error as CmfError).code, 'refused');
    assert.match((error as CmfError).message, other.clone.writer);
  } finally {
    await other.clone.repository.close();
  }
});

it.run();
