import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finishExecution } from '../../src/app/executions.ts';
import { push } from '../../src/app/push.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { statusOf } from '../../src/app/status.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { draftOf } from '../helpers/simulated-machine.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: status');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

it('tells what runs, what is in the log, and what was not pushed', async ({ clone, directory }) => {
  const host = await makeRepository({ bare: true });
  await git(['remote', 'add', 'origin', host], { cwd: directory });
  const running = await startRun(clone);
  const before = await statusOf(clone);
  assert.equal(
    before.runningHere.map(({ execution }) => execution),
    [running.execution],
  );
  assert.equal([before.writer, before.remote, before.neverPushed], [clone.writer, 'origin', true]);
  assert.equal([before.log.records, before.notPushed], [2, 2]);

  await push(clone, 'origin');
  const after = await statusOf(clone);
  assert.equal([after.log.records, after.notPushed, after.neverPushed], [0, 0, false]);

  await finishExecution(clone, { target: running, view: undefined }, { status: 'succeeded' });
  const finished = await statusOf(clone);
  assert.equal([finished.runningHere.length, finished.log.records, finished.notPushed], [0, 0, 1]);
});

it('does not count what a push journaled of a process that goes on', async ({ clone, directory }) => {
  const host = await makeRepository({ bare: true });
  await git(['remote', 'add', 'origin', host], { cwd: directory });
  const recorder = openRecorder(clone);
  recorder.record([draftOf(1), draftOf(2)]);
  await push(clone, 'origin');
  const pushed = await statusOf(clone);
  assert.equal([pushed.log, pushed.notPushed], [{ records: 0, files: 0 }, 0]);
  recorder.record([draftOf(3)]);
  const after = await statusOf(clone);
  assert.equal([after.log, after.notPushed], [{ records: 1, files: 1 }, 1]);
});

it('counts an execution of another clone as running there', async ({ clone }) => {
  const running = await startRun(clone);
  clone.disk.remove(`${clone.repository.layout.commonDir}/cmf/running/${running.execution}`);
  const report = await statusOf(clone);
  assert.equal([report.runningHere, report.runningAtOthers], [[], [running.execution]]);
});

it.run();
