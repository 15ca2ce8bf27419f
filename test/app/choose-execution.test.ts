import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  chooseExecution,
  chooseExecutionToSet,
  chooseKnownExecution,
  type ExecutionChoice,
} from '../../src/app/choose-execution.ts';
import { finishExecution, recordNow } from '../../src/app/executions.ts';
import { forgetRunning, noteRunning, noteShared } from '../../src/app/running.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { ExecutionId } from '../../src/domain/ids.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: which execution');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

async function refusal({ clone }: WritingClone, choice: ExecutionChoice): Promise<CmfError> {
  const error = await chooseExecution(clone, choice).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return error as CmfError;
}

async function chosenId({ clone }: WritingClone, choice: ExecutionChoice): Promise<string> {
  return (await chooseExecution(clone, choice)).target.execution;
}

it('takes -e before CMF_EXECUTION, and that before the only one that runs', async (bench) => {
  const [one, two, three] = [await startRun(bench.clone), await startRun(bench.clone), await startRun(bench.clone)];
  const fromEnvironment = two.execution;
  assert.is(await chosenId(bench, { execution: one.execution, fromEnvironment }), one.execution);
  assert.is(await chosenId(bench, { fromEnvironment }), two.execution);
  forgetRunning(bench.clone, one.execution);
  forgetRunning(bench.clone, two.execution);
  assert.equal(bench.said, []);
  assert.is(await chosenId(bench, {}), three.execution);
  assert.is(await chosenId(bench, { fromEnvironment: '' }), three.execution, 'empty is as good as unset');
});

it('names the only one that runs, where a person reads it', async (bench) => {
  const { execution } = await startRun(bench.clone);
  await chooseExecution(bench.clone, {});
  assert.equal(bench.said, [`execution ${execution} (churn/train)`]);
});

it('lists them when several run in this work tree', async (bench) => {
  const [one, two] = [await startRun(bench.clone), await startRun(bench.clone, 'evaluate')];
  const { code, message, hint } = await refusal(bench, {});
  assert.is(code, 'ambiguous');
  assert.match(message, '2 executions are running in this work tree:');
  assert.match(message, `  ${one.execution}  churn/train`);
  assert.match(message, `  ${two.execution}  churn/evaluate`);
  assert.match(hint ?? '', '-e ID');
});

it('does not count what runs in another work tree', async (bench) => {
  const here = await startRun(bench.clone);
  noteRunning(bench.clone, {
    ...here,
    execution: here.execution.replace(/.$/, (last) => (last === 'f' ? 'e' : 'f')) as ExecutionId,
    worktree: '/other',
  });
  assert.is(await chosenId(bench, {}), here.execution);
  forgetRunning(bench.clone, here.execution);
  const { code, hint } = await refusal(bench, {});
  assert.equal([code, hint], ['not-found', 'git cmf start -p PIPELINE -s STAGE']);
});

it('knows a finished one by the beginning of its id, with what the journal says', async (bench) => {
  const running = await startRun(bench.clone);
  await finishExecution(bench.clone, { target: running, view: undefined }, { status: 'failed' });
  const chosen = await chooseExecution(bench.clone, { execution: running.execution.slice(0, 20) });
  const { execution, attempt, bucket } = running;
  assert.equal(chosen.target, { execution, attempt, bucket });
  assert.is(chosen.view?.status, 'failed');
  assert.is((await refusal(bench, { execution: 'ffffffff' })).code, 'not-found');
  assert.is((await refusal(bench, { fromEnvironment: 'ffffffff' })).code, 'not-found');
});

it('refuses an empty -e, which a shell variable that is not set makes', async (bench) => {
  const running = await startRun(bench.clone);
  const { code, message } = await refusal(bench, { execution: '', fromEnvironment: running.execution });
  assert.equal([code, message], ['usage', '-e names no execution: its value is empty']);
});

it('does not read the journal for what runs here, unless others spoke of it', async (bench) => {
  const { execution } = await startRun(bench.clone);
  const asked = { execution };
  assert.is((await chooseExecution(bench.clone, asked)).view, undefined);
  assert.is((await chooseExecutionToSet(bench.clone, asked)).view, undefined);
  assert.is((await chooseKnownExecution(bench.clone, asked)).view?.id, execution);
  noteShared(bench.clone, execution);
  assert.is((await chooseExecution(bench.clone, asked)).view, undefined);
  assert.is((await chooseExecutionToSet(bench.clone, asked)).view?.id, execution);
});

it('refuses one that was spoken of and never started', async (bench) => {
  const id = '01900000-0000-7000-8000-000000000000' as ExecutionId;
  const subject = { kind: 'execution', id } as const;
  recordNow(bench.clone, [{ bucket: '_', subject, operation: { kind: 'set', values: { 'param.a': 1 } } }]);
  const { code, message } = await refusal(bench, { execution: id });
  assert.equal([code, message], ['not-found', `execution ${id} was never started`]);
});

it.run();
