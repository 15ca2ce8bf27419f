import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readClock } from '../../src/app/clone-clock.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { findWals } from '../../src/app/wal.ts';
import { verifyEntry } from '../../src/domain/entry.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { Disk } from '../../src/ports/disk.ts';
import { errorOf } from '../helpers/error-of.ts';
import { alteredDisk, draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const TOO_LONG = 'x'.repeat(70_000);
const it = suite<SimulatedMachine>('app: the recorder');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

function recorded({ disk }: SimulatedMachine): string[] {
  return findWals(disk, `${STATE}/wal`).flatMap(({ lines }) => lines.map((line) => verifyEntry(line).id));
}

function ids(entries: readonly { readonly id: string }[]): string[] {
  return entries.map(({ id }) => id);
}

/** Counts the syncs of logs; `failing` ones fail. */
function countedDisk(disk: Disk, count: { syncs: number; failing: number }): Disk {
  return alteredDisk(disk, (real) => ({
    openAppend: (path, options) => {
      const file = real.openAppend(path, options);
      const sync = () => {
        count.syncs++;
        if (count.failing-- > 0) throw new Error('the disk is gone');
        file.sync();
      };
      return { inode: file.inode, append: file.append, sync, close: file.close };
    },
  }));
}

it('has recorded when it returns', (machine) => {
  const clone = machine.cloneOf(1);
  const entries = openRecorder(clone).record([draftOf(1), draftOf(2)]);
  assert.equal(recorded(machine), ids(entries));
  assert.equal(
    entries.map(({ writer }) => writer),
    [clone.writer, clone.writer],
  );
});

it('makes all that is staged durable with one sync, and nothing before', (machine) => {
  const count = { syncs: 0, failing: 0 };
  const recorder = openRecorder(machine.cloneOf(1, { disk: countedDisk(machine.disk, count) }));
  const staged = [1, 2, 3].flatMap((n) => recorder.stage([draftOf(n)]));
  assert.equal([recorded(machine), recorder.pending, count.syncs], [[], 0, 0]);
  recorder.commit();
  assert.equal([recorded(machine), recorder.pending, count.syncs], [ids(staged), 3, 1]);
  recorder.commit();
  assert.is(count.syncs, 1, 'nothing is staged any more');
});

it('records all drafts of a call or none, and keeps what others staged', (machine) => {
  const recorder = openRecorder(machine.cloneOf(1));
  const staged = recorder.stage([draftOf(1)]);
  assert.match(
    errorOf(() => recorder.stage([draftOf(2), draftOf(TOO_LONG)])),
    /^usage: a record of \d+ bytes is too long/,
  );
  recorder.commit();
  assert.equal(recorded(machine), ids(staged));
});

it('forgets what the disk refused, and goes on', (machine) => {
  const count = { syncs: 0, failing: 1 };
  const recorder = openRecorder(machine.cloneOf(1, { disk: countedDisk(machine.disk, count) }));
  assert.throws(() => recorder.record([draftOf(1)]), /the disk is gone/);
  assert.is(recorder.pending, 0);
  const entries = recorder.record([draftOf(2)]);
  assert.equal(ids(recorder.rotate().values().next().value ?? []), ids(entries));
});

it('gives two of the same words two ids', (machine) => {
  const entries = openRecorder(machine.cloneOf(1)).record(Array.from({ length: 200 }, () => draftOf(1)));
  assert.is(new Set(ids(entries)).size, 200);
});

it('goes on with the clock where the last process stopped, even if the wall clock went back', (machine) => {
  const [first, second] = [openRecorder(machine.cloneOf(1)), openRecorder(machine.cloneOf(2))];
  const clocks: string[] = [];
  for (const n of [1, 2, 3]) {
    clocks.push(...first.record([draftOf(n), draftOf(n)]).map(({ hlc }) => hlc));
    machine.clock.nowMs -= 60_000;
    clocks.push(...second.record([draftOf(n)]).map(({ hlc }) => hlc));
  }
  assert.equal(clocks, [...new Set(clocks)].sort());
});

it('never turns back how far the clock went for others', (machine) => {
  const [first, second] = [openRecorder(machine.cloneOf(1)), openRecorder(machine.cloneOf(2))];
  first.stage([draftOf(1)]);
  const last = second.record(Array.from({ length: 9 }, (_, n) => draftOf(n))).at(-1);
  first.commit();
  assert.is(readClock(machine.cloneOf(1)), last?.hlc);
});

it('stores how far the clock went before anything that carries the time', (machine) => {
  const seen: string[] = [];
  const disk = alteredDisk(machine.disk, (real) => ({
    openAppend: (path, options) => {
      seen.push(readClock(machine.cloneOf(1)));
      return real.openAppend(path, options);
    },
  }));
  const [entry] = openRecorder(machine.cloneOf(1, { disk })).record([draftOf(1)]);
  assert.equal(seen, [entry?.hlc]);
});

it('has recorded also when its log cannot be sealed', (machine) => {
  const rename = () => {
    throw new CmfError('environment', { message: 'the device reports an error' });
  };
  const recorder = openRecorder(machine.cloneOf(1, { disk: alteredDisk(machine.disk, () => ({ rename })) }));
  const entries = recorder.record([draftOf(1)]);
  assert.equal(ids(recorder.rotate().values().next().value ?? []), ids(entries));
  assert.equal(machine.said, ['what was recorded is safe; the device reports an error']);
  assert.equal(recorded(machine), ids(entries));
});

it('hands over what it recorded, by the log that holds it', (machine) => {
  const recorder = openRecorder(machine.cloneOf(1));
  const first = [...recorder.record([draftOf(1)]), ...recorder.record([draftOf(2)])];
  const [log] = findWals(machine.disk, `${STATE}/wal`);
  const handed = recorder.rotate();
  assert.equal(
    [...handed].map(([name, entries]) => [name, ids(entries)]),
    [[log?.name, ids(first)]],
  );
  assert.is(recorder.pending, 0);
  assert.is(recorder.rotate().size, 0);
  recorder.record([draftOf(3)]);
  assert.equal(
    findWals(machine.disk, `${STATE}/wal`)
      .map(({ sealed, name }) => [sealed, name === log?.name])
      .sort(),
    [
      [false, false],
      [true, true],
    ],
  );
});

it.run();
