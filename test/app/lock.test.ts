import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withLock } from '../../src/app/lock.ts';
import { type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const PATH = `${STATE}/lock/flush`;
const it = suite<SimulatedMachine>('app: short locks');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

/** A lock that a process left behind. */
function leave(machine: SimulatedMachine, pid: number): void {
  machine.disk.createExclusive(PATH, JSON.stringify(machine.contextOf(pid).effects.process()));
}

function tryLock(machine: SimulatedMachine, pid = 1): Promise<string | undefined> {
  return withLock(machine.contextOf(pid), 'flush', false, async () => 'done');
}

it('gives what the work gives and is gone afterwards, also when the work fails', async (machine) => {
  assert.is(await tryLock(machine), 'done');
  assert.is(machine.disk.stat(PATH), undefined);
  const failing = withLock(machine.contextOf(1), 'flush', false, () => Promise.reject(new Error('no')));
  assert.is(await failing.catch((error: Error) => error.message), 'no');
  assert.is(machine.disk.stat(PATH), undefined);
});

it('is not given while somebody alive holds it; another name is another lock', async (machine) => {
  const seen = await withLock(machine.contextOf(1), 'flush', true, async () => [
    await tryLock(machine, 2),
    await withLock(machine.contextOf(2), 'merge', false, async () => 'other'),
  ]);
  assert.equal(seen, [undefined, 'other']);
  assert.is(await tryLock(machine, 2), 'done');
});

it('lets those who wait work one after the other', async (machine) => {
  let working = 0;
  let most = 0;
  const done: number[] = [];
  const work = (pid: number) => async () => {
    most = Math.max(most, ++working);
    await machine.contextOf(pid).effects.sleep(1);
    working--;
    done.push(pid);
  };
  await Promise.all([1, 2, 3, 4].map((pid) => withLock(machine.contextOf(pid), 'flush', true, work(pid))));
  assert.equal([most, done.sort()], [1, [1, 2, 3, 4]]);
});

it('is taken from a process that is surely dead', async (machine) => {
  leave(machine, 2);
  assert.is(await tryLock(machine), undefined);
  machine.alive.delete(2);
  assert.is(await tryLock(machine), 'done');
  assert.is(machine.disk.stat(PATH), undefined);
});

it('is taken after half a minute from one of which nobody can tell', async (machine) => {
  leave(machine, 2);
  machine.unknown.add(2);
  machine.clock.nowMs += 30_000 - 10;
  assert.is(await tryLock(machine), undefined);
  machine.clock.nowMs += 20;
  assert.is(await tryLock(machine), 'done');
});

it('is not taken from one of which nobody can tell and which shows that it lives', async (machine) => {
  machine.unknown.add(1);
  const context = machine.contextOf(2);
  const seen = await withLock(machine.contextOf(1), 'flush', true, async () => {
    const tries: unknown[] = [];
    for (let turn = 0; turn < 30; turn++) {
      await context.effects.sleep(5_000);
      tries.push(await tryLock(machine, 2));
    }
    return new Set(tries);
  });
  assert.equal(seen, new Set([undefined]));
  assert.is(machine.disk.stat(PATH), undefined, 'and its own signs do not keep it from letting go');
});

it('is taken from one that has stopped to show it, which does not disturb the new holder', async (machine) => {
  machine.unknown.add(1);
  const context = machine.contextOf(2);
  await withLock(machine.contextOf(1), 'flush', true, async () => {
    await context.effects.sleep(10_000);
    machine.alive.delete(1);
    machine.clock.nowMs += 40_000;
    await withLock(context, 'flush', true, async () => {
      const held = Buffer.from(machine.disk.read(PATH) ?? '').toString();
      machine.alive.add(1);
      for (let turn = 0; turn < 4; turn++) await context.effects.sleep(6_000);
      assert.is(
        Buffer.from(machine.disk.read(PATH) ?? '')
          .toString()
          .trimEnd(),
        held,
      );
    });
    assert.is(machine.disk.stat(PATH), undefined);
  });
});

it('is not taken because this clock runs ahead of that of the file system', async (machine) => {
  leave(machine, 2);
  machine.unknown.add(2);
  const context = machine.contextOf(1);
  const effects = { ...context.effects, nowMs: () => machine.clock.nowMs + 60 * 60 * 1000 };
  assert.is(await withLock({ ...context, effects }, 'flush', false, async () => 'done'), undefined);
});

it('is not taken from one that lives and works for long', async (machine) => {
  const seen = await withLock(machine.contextOf(1), 'flush', true, () => {
    machine.clock.nowMs += 60 * 60 * 1000;
    return tryLock(machine, 2);
  });
  assert.is(seen, undefined);
});

it('is left to whoever took it meanwhile', async (machine) => {
  await withLock(machine.contextOf(1), 'flush', true, async () => {
    machine.disk.remove(PATH);
    leave(machine, 1);
  });
  assert.ok(machine.disk.stat(PATH) !== undefined);
});

it('tells a person once who waits for long', async (machine) => {
  const context = machine.contextOf(2);
  await withLock(machine.contextOf(1), 'flush', true, async () => {
    const waiting = withLock(context, 'flush', true, async () => 'done');
    for (let turn = 0; turn < 300; turn++) await context.effects.sleep(20);
    machine.alive.delete(1);
    assert.is(await waiting, 'done');
  });
  assert.equal(machine.said, ['waiting for another git cmf in this clone…']);
});

it('is taken when it does not say who holds it', async (machine) => {
  machine.disk.createExclusive(PATH, '');
  assert.is(await tryLock(machine), 'done');
});

it.run();
