import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  abandonedWals,
  countWals,
  findWals,
  openWal,
  ownerOf,
  removeWal,
  sealAbandoned,
  sealWal,
} from '../../src/app/wal.ts';
import type { AppendFile, Disk } from '../../src/ports/disk.ts';
import { alteredDisk, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const WAL = `${STATE}/wal`;
const it = suite<SimulatedMachine>('app: the write-ahead log');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

function walOf(machine: SimulatedMachine, pid: number, disk: Disk = machine.disk) {
  return openWal(disk, machine.contextOf(pid).effects, WAL);
}

function linesFound({ disk }: SimulatedMachine): string[] {
  return findWals(disk, WAL).flatMap(({ lines }) => lines);
}

/** A disk on which something happens at each sync of a log, after the bytes are durable. */
function onSync(disk: Disk, act: (path: string, file: AppendFile) => void): Disk {
  return alteredDisk(disk, (real) => ({
    openAppend: (path, options) => {
      const file = real.openAppend(path, options);
      const sync = () => {
        file.sync();
        act(path, file);
      };
      return { inode: file.inode, append: file.append, sync, close: file.close };
    },
  }));
}

it('is made at the first append, one for each process', (machine) => {
  const [first, second] = [walOf(machine, 1), walOf(machine, 2)];
  first.seal();
  assert.is(countWals(machine.disk, WAL), 0);
  const name = first.append(['a', 'b']);
  assert.is(first.append(['c']), name);
  assert.is.not(second.append(['d']), name);
  const files = findWals(machine.disk, WAL);
  assert.equal(
    files.map((file) => [file.sealed, [...file.lines]]),
    [
      [false, ['a', 'b', 'c']],
      [false, ['d']],
    ],
  );
  assert.is(files[0]?.name, name);
  assert.is(ownerOf(name)?.pid, 1);
});

it('goes on in another file once it was sealed, under the name it had', (machine) => {
  const wal = walOf(machine, 1);
  const name = wal.append(['a']);
  wal.seal();
  assert.is.not(wal.append(['b']), name);
  assert.equal(
    findWals(machine.disk, WAL).map((file) => [file.name === name, file.sealed]),
    [
      [true, true],
      [false, false],
    ],
  );
});

it('shows whole lines only: a last line without its end was cut by a crash', (machine) => {
  walOf(machine, 1).append(['a', 'b']);
  const [file] = findWals(machine.disk, WAL);
  const torn = machine.disk.openAppend(file?.path ?? '', { create: false });
  torn.append(Buffer.from('{"half":'));
  assert.equal(linesFound(machine), ['a', 'b']);
});

it('has no lines any more when somebody else has journaled and removed it', (machine) => {
  walOf(machine, 1).append(['a']);
  const [file] = findWals(machine.disk, WAL);
  assert.ok(file !== undefined);
  machine.disk.remove(file.path);
  assert.equal(file.lines, []);
});

it('is read under its new name when its process seals it just then', (machine) => {
  const wal = walOf(machine, 1);
  wal.append(['a']);
  const [file] = findWals(machine.disk, WAL);
  wal.seal();
  assert.equal(file?.lines, ['a']);
});

it('stays when it grew since it was read', (machine) => {
  const wal = walOf(machine, 1);
  wal.append(['a']);
  wal.seal();
  const [file] = findWals(machine.disk, WAL);
  assert.equal(file?.lines, ['a']);
  machine.disk.openAppend(file?.path ?? '', { create: false }).append(Buffer.from('b\n'));
  if (file !== undefined) removeWal(machine.disk, file);
  assert.equal(linesFound(machine), ['a', 'b']);
});

it('is removed only when it is sealed', (machine) => {
  const wal = walOf(machine, 1);
  wal.append(['a']);
  for (const file of findWals(machine.disk, WAL)) removeWal(machine.disk, file);
  assert.is(countWals(machine.disk, WAL), 1);
  wal.seal();
  for (const file of findWals(machine.disk, WAL)) removeWal(machine.disk, file);
  assert.is(countWals(machine.disk, WAL), 0);
});

it('keeps the lines of a process that was taken for dead while it appended', (machine) => {
  let taken = 0;
  const disk = onSync(machine.disk, (path) => {
    if (taken++ === 0) machine.disk.remove(sealWal(machine.disk, path));
  });
  const name = walOf(machine, 1, disk).append(['a', 'b']);
  assert.is(taken, 2);
  assert.equal(linesFound(machine), ['a', 'b']);
  assert.is(findWals(machine.disk, WAL)[0]?.name, name);
});

it('writes nothing behind bytes that may be half a line', (machine) => {
  let failures = 1;
  const disk = alteredDisk(machine.disk, (real) => ({
    openAppend: (path, options) => {
      const file = real.openAppend(path, options);
      const append = (bytes: Uint8Array) => {
        if (failures-- <= 0) return file.append(bytes);
        file.append(bytes.subarray(0, 3));
        throw new Error('no space left');
      };
      return { inode: file.inode, append, sync: file.sync, close: file.close };
    },
  }));
  const wal = walOf(machine, 1, disk);
  assert.throws(() => wal.append(['lost line']), /no space left/);
  wal.append(['next line']);
  assert.equal(linesFound(machine), ['next line']);
});

it('is sealed for a process that is surely dead, and for no other', (machine) => {
  for (const pid of [1, 2, 3]) walOf(machine, pid).append([`of ${pid}`]);
  machine.disk.writeHint(`${WAL}/strange.jsonl`, 'of nobody\n');
  machine.alive.delete(2);
  machine.unknown.add(3);
  const abandoned = () => abandonedWals(machine.disk, machine.contextOf(1).effects, WAL).length;
  assert.is(abandoned(), 1, 'who cannot be asked may live, and has written today');
  machine.clock.nowMs += 24 * 60 * 60 * 1000;
  assert.is(abandoned(), 3);
  sealAbandoned(machine.disk, machine.contextOf(1).effects, WAL);
  const states = findWals(machine.disk, WAL).map(({ sealed, lines }) => `${lines[0]}: ${sealed}`);
  assert.equal(states.sort(), ['of 1: false', 'of 2: true', 'of 3: false', 'of nobody: false']);
  assert.is(abandoned(), 2);
});

it('is sealed by hand once; what else lies in the folder is no log', (machine) => {
  walOf(machine, 1).append(['a']);
  machine.disk.writeHint(`${WAL}/note.txt`, 'x\n');
  const [{ path } = { path: '' }] = findWals(machine.disk, WAL);
  const sealed = sealWal(machine.disk, path);
  assert.is(sealWal(machine.disk, sealed), sealed);
  assert.equal(linesFound(machine), ['a']);
});

it('belongs to nobody when its name does not say to whom', () => {
  for (const name of ['a.jsonl', 'boot.1.x.2.ff.jsonl', '.1.2.3.4.sealed', 'boot.1.2.3']) {
    assert.is(ownerOf(name), undefined, name);
  }
  assert.equal(ownerOf('b.1.23.4.ff.sealed'), { bootId: 'b', pidNamespace: '1', pid: 23, startTime: '4' });
});

it.run();
