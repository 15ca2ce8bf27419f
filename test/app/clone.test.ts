import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckedClone } from '../../src/app/clone.ts';
import { errorOf } from '../helpers/error-of.ts';
import { type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const it = suite<SimulatedMachine>('app: a clone as a writer');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

it('is checked with its key and its record, and asks git for nothing', (machine) => {
  let asked = 0;
  const remotes = async () => {
    asked++;
    return [];
  };
  const repository = { ...machine.repository, transport: { ...machine.repository.transport, remotes } };
  const clone = openCheckedClone(machine.contextOf(1, { repository }));
  assert.equal([clone.identity.writer, asked], [clone.writer, 0]);
  machine.disk.writeHint(`${STATE}/key`, 'another\n');
  assert.match(
    errorOf(() => openCheckedClone(machine.contextOf(1))),
    /^damaged: .*whose key is not the one/,
  );
});

it.run();
