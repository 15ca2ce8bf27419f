import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openGroupRecorder } from '../../src/app/group-recorder.ts';
import { readState } from '../../src/app/read-state.ts';
import { countWals, findWals } from '../../src/app/wal.ts';
import type { Disk } from '../../src/ports/disk.ts';
import { alteredDisk, draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const WAL = `${STATE}/wal`;
const TOO_LONG = 'x'.repeat(70_000);
const it = suite<SimulatedMachine>('app: group commit');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

function linesIn({ disk }: SimulatedMachine): number {
  return findWals(disk, WAL).reduce((sum, { lines }) => sum + lines.length, 0);
}

/** A disk whose logs take nothing so many times. */
function refusingDisk(disk: Disk, times: number): Disk {
  let left = times;
  return alteredDisk(disk, (real) => ({
    openAppend: (path, options) => {
      if (left-- > 0) throw new Error('no space left');
      return real.openAppend(path, options);
    },
  }));
}

function outcomes(promises: readonly Promise<void>[]): Promise<string[]> {
  return Promise.all(
    promises.map((one) =>
      one.then(
        () => 'recorded',
        (error: Error) => error.message,
      ),
    ),
  );
}

it('makes all of one turn durable together; each knows when its own is', async (machine) => {
  let syncs = 0;
  const disk = alteredDisk(machine.disk, (real) => ({
    openAppend: (path, options) => {
      const file = real.openAppend(path, options);
      const sync = () => {
        syncs++;
        file.sync();
      };
      return { inode: file.inode, append: file.append, sync, close: file.close };
    },
  }));
  const recorder = openGroupRecorder(machine.cloneOf(1, { disk }));
  const waiting = Array.from({ length: 50 }, (_, n) => recorder.record(() => [draftOf(n)]));
  assert.is(linesIn(machine), 0);
  await waiting[0];
  assert.equal([linesIn(machine), syncs], [50, 1]);
  await Promise.all(waiting);
  await recorder.record(() => [draftOf(51)]);
  assert.equal([linesIn(machine), syncs], [51, 2]);
});

it('rejects what cannot be recorded, and nothing else of its turn', async (machine) => {
  const recorder = openGroupRecorder(machine.cloneOf(1));
  const said = await outcomes([
    recorder.record(() => [draftOf(1)]),
    recorder.record(() => [draftOf(2), draftOf(TOO_LONG)]),
    recorder.record(() => [draftOf(3)]),
  ]);
  assert.equal([said[0], said[2]], ['recorded', 'recorded']);
  assert.match(said[1] ?? '', /too long/);
  assert.is(linesIn(machine), 2);
});

it('rejects it when the rest of its turn is durable: where nobody handles it, the process ends', async (machine) => {
  const recorder = openGroupRecorder(machine.cloneOf(1));
  const refused = [() => [draftOf(TOO_LONG)], () => [JSON.parse('no draft')]].map((prepare) =>
    recorder.record(prepare),
  );
  recorder.record(() => [draftOf(1)]);
  const seen = await Promise.all(refused.map((one) => one.catch(() => linesIn(machine))));
  assert.equal(seen, [1, 1]);
});

it('rejects all of a turn that the disk did not take, and goes on with the next', async (machine) => {
  const recorder = openGroupRecorder(machine.cloneOf(1, { disk: refusingDisk(machine.disk, 1) }));
  const lost = [recorder.record(() => [draftOf(1)]), recorder.record(() => [draftOf(2)])];
  assert.equal(await outcomes(lost), ['no space left', 'no space left']);
  assert.equal(await outcomes([recorder.record(() => [draftOf(3)])]), ['recorded']);
  assert.is(linesIn(machine), 1);
});

it('says at a flush that a turn was lost that nobody waited for', async (machine) => {
  const recorder = openGroupRecorder(machine.cloneOf(1, { disk: refusingDisk(machine.disk, 1) }));
  const unwatched = recorder.record(() => [draftOf(1)]);
  assert.equal(await outcomes([recorder.flush(), unwatched]), ['no space left', 'no space left']);
  assert.equal(await outcomes([recorder.flush()]), ['recorded']);
});

it('moves all into the journal at a flush, also what is recorded in this very turn', async (machine) => {
  const clone = machine.cloneOf(1);
  const recorder = openGroupRecorder(clone);
  await recorder.record(() => [draftOf(1)]);
  const late = recorder.record(() => [draftOf(2)]);
  await recorder.flush();
  await late;
  assert.is(countWals(machine.disk, WAL), 0);
  assert.is((await readState(clone)).state.entries.size, 2);
});

it('flushes by itself from 10,000 records on', async (machine) => {
  const clone = machine.cloneOf(1);
  const recorder = openGroupRecorder(clone);
  await Promise.all(Array.from({ length: 9_999 }, (_, n) => recorder.record(() => [draftOf(n)])));
  const tip = () => machine.repository.refs.resolve(`refs/cmf/journal/${clone.writer}`);
  assert.is(await tip(), undefined);
  await recorder.record(() => [draftOf(10_000)]);
  for (let turn = 0; turn < 1000 && (await tip()) === undefined; turn++) await clone.effects.sleep(0);
  assert.is((await readState(clone)).state.entries.size, 10_000);
  assert.is(linesIn(machine), 0);
  await recorder.record(() => [draftOf(10_001)]);
  await recorder.flush();
  const { state } = await readState(clone);
  assert.equal([state.entries.size, countWals(machine.disk, WAL)], [10_001, 0]);
});

it.run();
