import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clone, openClone } from '../../src/app/clone.ts';
import { examineWriter } from '../../src/app/doctor-writer.ts';
import { flush } from '../../src/app/flush.ts';
import { forgetRetired } from '../../src/app/forget-retired.ts';
import { rememberPushed } from '../../src/app/pushed.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { retireJournals } from '../../src/app/retire-journals.ts';
import { succeed } from '../../src/app/succession.ts';
import { REFS } from '../../src/domain/ids.ts';
import { draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const HOUR_MS = 3_600_000;
const it = suite<SimulatedMachine>('app: doctor, of a writer');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

async function record(clone: Clone): Promise<void> {
  const recorder = openRecorder(clone);
  recorder.record([draftOf(1)]);
  recorder.rotate();
  await flush(clone, { wait: true });
}

/** Level and message of each finding, and what its fix did. */
async function look(clone: Clone, mends: boolean): Promise<string[]> {
  const said: string[] = [];
  for (const { level, message, fix } of await examineWriter(clone)) {
    const done = mends && fix !== undefined ? `; ${await fix()}` : '';
    said.push(`${level}: ${message}${done}`);
  }
  return said;
}

it('finds nothing wrong with a writer that is where it was made', async (machine) => {
  const clone = machine.cloneOf(1);
  await record(clone);
  assert.equal(await look(clone, true), ['ok: the clock is right']);
});

it('finds a copy, and makes it a writer of its own', async (machine) => {
  const clone = machine.cloneOf(1);
  await record(clone);
  machine.disk.replace(`${STATE}/writer.json`, machine.disk.read(`${STATE}/writer.json`) ?? '');
  const [finding] = await look(clone, true);
  const copy = openClone(clone);
  assert.match(finding ?? '', `notice: this is a copy of a clone that records as writer ${clone.writer}`);
  assert.match(finding ?? '', `it is writer ${copy.writer} now`);
  const rest = await look(copy, false);
  assert.is(rest.length, 2);
  assert.match(rest[1] ?? '', `notice: this clone was writer ${clone.writer} before, and no remote is known`);
  const tip = await machine.repository.refs.resolve(REFS.journal + clone.writer);
  if (tip !== undefined) rememberPushed(clone, 'origin', tip);
  assert.equal(await look(copy, false), ['ok: the clock is right']);
});

it('tells how far ahead a clock is, also where only the journal shows it', async (machine) => {
  const clone = machine.cloneOf(1);
  machine.clock.nowMs += 2 * HOUR_MS;
  await record(clone);
  machine.clock.nowMs -= 2 * HOUR_MS;
  assert.match((await look(clone, false))[0] ?? '', /^notice: .* 2\.0 hours ahead .*which servers accept/);
  machine.clock.nowMs += 50 * HOUR_MS;
  await record(clone);
  machine.clock.nowMs -= 50 * HOUR_MS;
  machine.disk.remove(`${STATE}/clock`);
  const [finding] = await look(clone, true);
  assert.match(finding ?? '', /^wrong: .* 50\.0 hours ahead .*; it is writer [0-9a-f]{32} now, whose clock is right$/);
  assert.is((await look(openClone(clone), false))[0], 'ok: the clock is right');
});

it('sets a clock right with which nothing was recorded', async (machine) => {
  const clone = machine.cloneOf(1);
  machine.disk.writeHint(`${STATE}/clock`, 'fffffffffff00000');
  assert.match((await look(clone, true))[0] ?? '', /; the clock is right again$/);
  assert.equal(await look(openClone(clone), false), ['ok: the clock is right']);
});

it('keeps that a journal was retired when what it was must go', async (machine) => {
  const { refs } = machine.repository;
  const old = machine.cloneOf(1);
  await record(old);
  const tip = await refs.resolve(REFS.journal + old.writer);
  if (tip !== undefined) rememberPushed(old, 'origin', tip);
  await record(old);
  const { clone } = await succeed(old, old.writer);
  assert.is((await refs.list([REFS.retired])).length, 2);
  await forgetRetired(clone);
  assert.equal(await refs.list([REFS.retired]), [{ name: `${REFS.retired}${old.writer}/accepted`, oid: tip }]);
  assert.is(await retireJournals(clone), 0);
});

it.run();
