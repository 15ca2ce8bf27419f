import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noteMade } from '../../src/app/made.ts';
import type { Running } from '../../src/app/running.ts';
import { findRunning, forgetRunning, isShared, listRunning, noteRunning, noteShared } from '../../src/app/running.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { type UseId, uuidv7 } from '../../src/domain/ids.ts';
import { alteredDisk, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const it = suite<SimulatedMachine>('app: what runs here');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

function running(number: number, startedMs = 1_700_000_000_000): Running {
  const id = uuidv7(startedMs, new Uint8Array(10).fill(number));
  return {
    execution: id as Running['execution'],
    attempt: id as unknown as Running['attempt'],
    bucket: '_',
    pipeline: 'p: with / all, sorts',
    stage: 's',
    worktree: '/work tree',
    startedMs,
  };
}

it('is found by its id, listed oldest first, and forgotten', (machine) => {
  const context = machine.contextOf(1);
  const [late, early] = [running(1, 2_000), running(2, 1_000)];
  for (const one of [late, early]) noteRunning(context, one);
  assert.equal(findRunning(context, late.execution), late);
  assert.equal(listRunning(context), [early, late]);
  forgetRunning(context, late.execution);
  forgetRunning(context, late.execution);
  assert.is(findRunning(context, late.execution), undefined);
  assert.equal(listRunning(context), [early]);
});

it('is no more than a warning where its note cannot be written or removed', (machine) => {
  const refuse = () => {
    throw new CmfError('environment', { message: 'no space left' });
  };
  const disk = alteredDisk(machine.disk, () => ({ writeHint: refuse, remove: refuse }));
  const context = machine.contextOf(1, { disk });
  noteRunning(context, running(1));
  forgetRunning(context, running(1).execution);
  noteMade(context, 'model.bin', 'use' as UseId, []);
  assert.equal(machine.said, Array(3).fill('what was recorded is safe; no space left'));
});

it('is nothing where a note is damaged, cut short or no note', (machine) => {
  const context = machine.contextOf(1);
  const one = running(1);
  noteRunning(context, one);
  machine.disk.writeHint(`${STATE}/running/README`, '{}');
  for (const text of ['', '{"exec', 'null', '7', '[]', '{}', JSON.stringify({ ...one, bucket: '../x' })]) {
    machine.disk.writeHint(`${STATE}/running/${one.execution}`, text);
    assert.is(findRunning(context, one.execution), undefined, text);
    assert.equal(listRunning(context), [], text);
  }
});

it('never reads outside of its folder', (machine) => {
  const context = machine.contextOf(1);
  const one = running(1);
  machine.disk.writeHint(`${STATE}/${one.execution}`, JSON.stringify(one));
  for (const typed of [`../${one.execution}`, '', '.', '../writer.json'])
    assert.is(findRunning(context, typed), undefined);
});

it('remembers that others spoke of it until it is forgotten', (machine) => {
  const context = machine.contextOf(1);
  const [one, another] = [running(1), running(2)];
  for (const each of [one, another]) noteRunning(context, each);
  noteShared(context, one.execution);
  assert.equal([isShared(context, one.execution), isShared(context, another.execution)], [true, false]);
  assert.is(listRunning(context).length, 2, 'the mark is no execution');
  forgetRunning(context, one.execution);
  assert.is(isShared(context, one.execution), false);
});

it.run();
