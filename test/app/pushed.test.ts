import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pushedTips, readPushed, rememberPushed } from '../../src/app/pushed.ts';
import type { WriterId } from '../../src/domain/ids.ts';
import type { Oid } from '../../src/ports/git.ts';
import { type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const [ONE, TWO] = ['1'.repeat(40) as Oid, '2'.repeat(64) as Oid];
const it = suite<SimulatedMachine>('app: what a remote took last');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

it('is remembered for each remote by itself', (machine) => {
  const context = machine.cloneOf(1);
  assert.is(readPushed(context, 'origin'), undefined);
  rememberPushed(context, 'origin', ONE);
  rememberPushed(context, 'hub', TWO);
  assert.equal([readPushed(context, 'origin'), readPushed(context, 'hub')], [ONE, TWO]);
  rememberPushed(context, 'origin', TWO);
  assert.equal([readPushed(context, 'origin'), readPushed(context, 'hub')], [TWO, TWO]);
});

it('is remembered for each writer that the clone was by itself', (machine) => {
  const clone = machine.cloneOf(1);
  const other = { ...machine.contextOf(1), writer: '0'.repeat(32) as WriterId };
  rememberPushed(clone, 'origin', ONE);
  rememberPushed(clone, 'hub', TWO);
  assert.is(readPushed(other, 'origin'), undefined);
  rememberPushed(other, 'origin', TWO);
  assert.equal([pushedTips(clone, clone.writer).sort(), pushedTips(clone, other.writer)], [[ONE, TWO], [TWO]]);
});

it('says nothing of a URL, which may hold a password', (machine) => {
  rememberPushed(machine.cloneOf(1), 'https://me:secret@host/x', ONE);
  assert.not.match(String(machine.disk.read(`${STATE}/pushed.json`)), /secret|host/);
});

it('is forgotten when the file is damaged, and written anew', (machine) => {
  const context = machine.cloneOf(1);
  for (const text of ['', '{', '[]', '7', 'null', '{"x":1}', '{"__proto__":{}}']) {
    machine.disk.writeHint(`${STATE}/pushed.json`, text);
    assert.is(readPushed(context, 'origin'), undefined, text);
    rememberPushed(context, 'origin', ONE);
    assert.is(readPushed(context, 'origin'), ONE, text);
  }
  const stored = String(machine.disk.read(`${STATE}/pushed.json`)).replace(ONE, '--upload-pack=x');
  machine.disk.writeHint(`${STATE}/pushed.json`, stored);
  assert.is(readPushed(context, 'origin'), undefined, 'only what looks like a commit');
});

it.run();
