import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beginWriting, isCopy } from '../../src/app/begin-writing.ts';
import { type Clone, openCheckedClone } from '../../src/app/clone.ts';
import { readClock } from '../../src/app/clone-clock.ts';
import { flush } from '../../src/app/flush.ts';
import { findIdentity, keptWriters } from '../../src/app/keyring.ts';
import { readState } from '../../src/app/read-state.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { listRunning, noteRunning } from '../../src/app/running.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { AttemptId, EntryId, ExecutionId } from '../../src/domain/ids.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { PowerCut } from '../helpers/simulated-disk.ts';
import { draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const DONE = { wait: true };
const it = suite<SimulatedMachine>('app: beginning to write');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

/** What `cp -r` does to the clone: the same bytes, in another file. */
function becomeCopy({ disk }: SimulatedMachine): void {
  disk.replace(`${STATE}/writer.json`, disk.read(`${STATE}/writer.json`) ?? '');
}

function recordSealed(clone: Clone, n: number): EntryId[] {
  const recorder = openRecorder(clone);
  const entries = recorder.record([draftOf(n)]);
  recorder.rotate();
  return entries.map(({ id }) => id);
}

const RUNNING = {
  execution: '01900000-0000-7000-8000-000000000000' as ExecutionId,
  attempt: '01900000-0000-7000-8000-000000000001' as AttemptId,
  bucket: '_',
  pipeline: 'p',
  stage: 's',
  worktree: '/repo',
  startedMs: 1,
} as const;

it('keeps the writer of a clone that stayed where it was made, and of one that has no mark yet', async (machine) => {
  const { writer } = machine.cloneOf(1);
  assert.is((await beginWriting(machine.contextOf(1))).writer, writer);
  for (const mark of [undefined, '', 'null', '{"inode":"7"}']) {
    machine.disk.remove(`${STATE}/self`);
    if (mark !== undefined) machine.disk.writeHint(`${STATE}/self`, mark);
    assert.is((await beginWriting(machine.contextOf(1))).writer, writer);
    assert.match(Buffer.from(machine.disk.read(`${STATE}/self`) ?? []).toString(), writer);
  }
  assert.equal(machine.said, []);
});

it('makes a copy a writer of its own once, that continues nobody', async (machine) => {
  const old = machine.cloneOf(1);
  noteRunning(old, RUNNING);
  becomeCopy(machine);
  assert.ok(isCopy(old));
  const clone = await beginWriting(machine.contextOf(1));
  assert.is.not(clone.writer, old.writer);
  assert.equal(openCheckedClone(machine.contextOf(1)).identity.predecessors, []);
  assert.equal(listRunning(clone), [], 'what ran goes on in the original');
  assert.is((await beginWriting(machine.contextOf(1))).writer, clone.writer);
  assert.is(machine.said.length, 1);
  assert.match(
    machine.said[0] ?? '',
    `records as writer ${old.writer}: it is writer ${clone.writer} from now on; what ran (1) goes on`,
  );
  assert.is(findIdentity(machine.disk, STATE, old.writer)?.secret, old.secret);
});

it('lets record where the clock cannot be mended, and mends it when it can be', async (machine) => {
  const { writer } = machine.cloneOf(1);
  machine.clock.nowMs += 3 * 86_400_000;
  const ids = recordSealed(machine.cloneOf(1), 1);
  machine.clock.nowMs -= 3 * 86_400_000;
  const locked = () => Promise.reject(new CmfError('environment', { message: 'git refuses: a lock is in the way' }));
  const repository = { ...machine.repository, writer: { ...machine.repository.writer, commit: locked } };
  const clone = await beginWriting(machine.contextOf(1, { repository }));
  assert.is(clone.writer, writer);
  assert.equal(machine.said, ['what was recorded is safe; git refuses: a lock is in the way']);
  ids.push(...recordSealed(clone, 2));
  const mended = await beginWriting(machine.contextOf(1));
  assert.is.not(mended.writer, writer);
  assert.equal([...resolve((await readState(mended)).state).statements.keys()].sort(), ids.sort());
});

it('gives the new writer a clock of its own', async (machine) => {
  const old = machine.cloneOf(1);
  recordSealed(old, 1);
  becomeCopy(machine);
  const clone = await beginWriting(machine.contextOf(1));
  const before = readClock(clone);
  machine.disk.writeHint(`${STATE}/clock`, 'ffffffffffff0000');
  assert.is(readClock(clone), before);
  recordSealed(clone, 2);
  assert.ok(readClock(clone) > before);
  assert.is(readClock(old), 'ffffffffffff0000');
});

it('journals what the logs hold of a former writer under its own signature', async (machine) => {
  const { refs } = machine.repository;
  const old = machine.cloneOf(1);
  const ids = recordSealed(old, 1);
  becomeCopy(machine);
  const clone = await beginWriting(machine.contextOf(1));
  ids.push(...recordSealed(clone, 2));
  assert.equal(await flush(clone, DONE), { kind: 'flushed', entries: 2, damaged: [] });
  assert.equal(machine.disk.list(`${STATE}/wal`), []);
  for (const { writer } of [old, clone]) assert.ok((await refs.resolve(`refs/cmf/journal/${writer}`)) !== undefined);
  assert.equal([...(await readState(clone)).state.entries.keys()].sort(), ids.sort());
});

it('journals it once, although its process goes on', async (machine) => {
  const going = openRecorder(machine.cloneOf(2));
  going.record([draftOf(1)]);
  becomeCopy(machine);
  const clone = await beginWriting(machine.contextOf(1));
  const report = async () => (await flush(clone, { ...DONE, live: true })).entries;
  assert.equal([await report(), await report()], [1, 0]);
  going.record([draftOf(2)]);
  assert.equal([await report(), await report()], [1, 0]);
});

it('lets a process that began before go on and journal as the writer that it is', async (machine) => {
  const before = machine.cloneOf(2);
  becomeCopy(machine);
  const clone = await beginWriting(machine.contextOf(1));
  const ids = [...recordSealed(before, 1), ...recordSealed(clone, 2)];
  assert.is((await flush(before, DONE)).entries, 2);
  assert.equal([...(await readState(clone)).state.entries.keys()].sort(), ids.sort());
});

it('loses nothing and ends with one key that fits, wherever the power fails', async () => {
  let at = 0;
  for (let finished = false; !finished; at++) {
    const machine = simulatedMachine();
    const reported = recordSealed(machine.cloneOf(1), 1);
    becomeCopy(machine);
    const { writer } = machine.cloneOf(1);
    machine.disk.crashAt(machine.disk.operations() + at);
    finished = await beginWriting(machine.contextOf(1)).then(
      () => true,
      (error: unknown) => {
        assert.instance(error, PowerCut);
        return false;
      },
    );
    let turn = at;
    machine.disk.restart(() => (turn++ % 4) / 4);
    const clone = await beginWriting(machine.contextOf(1));
    reported.push(...recordSealed(clone, 2));
    assert.is(openCheckedClone(machine.contextOf(1)).writer, clone.writer);
    assert.is.not(clone.writer, writer);
    await flush(clone, DONE);
    assert.equal([...(await readState(clone)).state.entries.keys()].sort(), reported.sort());
    assert.is((await beginWriting(machine.contextOf(1))).writer, clone.writer);
    assert.ok(keptWriters(machine.disk, STATE).length <= 3);
  }
  assert.ok(at > 20);
});

it.run();
