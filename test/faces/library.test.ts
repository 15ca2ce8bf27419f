import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseExecutionToSet } from '../../src/app/choose-execution.ts';
import { logMetrics } from '../../src/app/executions.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { CmfError, openClone } from '../../src/faces/library.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone } from '../helpers/writing-clone.ts';

const it = suite('the library');

it('rejects what is no value and goes on', async () => {
  const { directory, clone } = await makeWritingClone();
  await clone.repository.close();
  const cmf = await openClone(directory);
  const run = await cmf.start({ pipeline: 'p', stage: 's' });
  const error = await run.logMetrics({ loss: undefined }).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  await run.logMetrics({ loss: 0.5 });
  await run.finish();
  const [execution] = (await cmf.view()).executions.values();
  assert.equal([execution?.status, [...(execution?.metrics.keys() ?? [])]], ['succeeded', ['loss']]);
  await cmf.close();
});

it('replaces what a pull brought while the execution ran', async () => {
  const [here, other] = [await makeWritingClone(), await makeWritingClone()];
  const host = await makeRepository({ bare: true });
  const cmf = await openClone(here.directory);
  const run = await cmf.start({ pipeline: 'p', stage: 's' });
  await run.logMetrics({ auc: 0.1 });
  await cmf.push(host);
  await pull(other.clone, host);
  const chosen = await chooseExecutionToSet(other.clone, { execution: run.id });
  await logMetrics(other.clone, chosen, new Map([['auc', 0.2]]), { step: null, rank: 0 });
  await push(other.clone, host);
  await cmf.pull(host);
  await Promise.all([0.3, 0.4].map((auc) => run.logMetrics({ auc })));
  const [execution] = (await cmf.view()).executions.values();
  assert.equal(
    execution?.metrics.get('auc')?.map(({ values }) => values.map(({ value }) => value.value)),
    [[0.4]],
  );
  await cmf.close();
  for (const { clone } of [here, other]) await clone.repository.close();
});

it.run();
