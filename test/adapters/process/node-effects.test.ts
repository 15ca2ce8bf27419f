import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeEffects, type SystemFacts } from '../../../src/adapters/process/node-effects.ts';

const it = suite('adapters: processes of this machine');
const effects = nodeEffects();
const own = effects.process();

it('knows itself, and itself only under its start time', () => {
  assert.is(own.pid, process.pid);
  assert.is(effects.liveness(own), 'alive');
  assert.is(effects.liveness({ ...own, startTime: 'another' }), 'dead');
});

it('says nothing of other boots and namespaces', () => {
  assert.is(effects.liveness({ ...own, bootId: 'another' }), 'unknown');
  assert.is(effects.liveness({ ...own, pidNamespace: 'another' }), 'unknown');
});

it('takes nobody for dead where the machine does not tell', () => {
  const refuse = (): never => {
    throw Object.assign(new Error('hidden'), { code: 'EACCES' });
  };
  const open: SystemFacts = { bootId: () => 'boot', pidNamespace: () => '1', startTime: () => '5' };
  const asked = { bootId: 'boot', pidNamespace: '1', pid: 77, startTime: '4' };
  assert.is(nodeEffects(open).liveness(asked), 'dead');
  assert.is(nodeEffects({ ...open, startTime: refuse }).liveness(asked), 'unknown');
  assert.is(nodeEffects({ ...open, startTime: refuse }).process().startTime, '-');
  assert.is(nodeEffects(open).liveness({ ...asked, startTime: '-' }), 'unknown');
  for (const closed of [{ bootId: refuse }, { pidNamespace: refuse }]) {
    const sandboxed = nodeEffects({ ...open, ...closed });
    const { bootId, pidNamespace } = sandboxed.process();
    assert.ok([bootId, pidNamespace].includes('-'));
    assert.is(sandboxed.liveness({ ...asked, bootId, pidNamespace }), 'unknown');
  }
});

it('takes a process that has ended for dead, also before its parent has noticed', async () => {
  const module = new URL('../../../src/adapters/process/node-effects.ts', import.meta.url).href;
  const script = `import { nodeEffects } from '${module}'; console.log(JSON.stringify(nodeEffects().process()))`;
  // The shell starts a child and becomes a program that never asks for it: a zombie, as under many containers.
  const parent = spawn(
    'sh',
    ['-c', '"$0" --import tsx --input-type=module -e "$1" & exec sleep 60', process.execPath, script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = JSON.parse(line.toString()) as typeof own;
  while (effects.liveness(child) === 'alive') await sleep(20);
  assert.is(effects.liveness(child), 'dead');
  process.kill(child.pid, 0); // It is still listed: this throws if it is not.
  parent.kill();
  await once(parent, 'close');
});

it('does again and again what it is told, until it is told to stop', async () => {
  let count = 0;
  const stop = effects.every(1, () => void count++);
  // A repetition alone keeps no process alive: these waits do.
  while (count < 3) await sleep(1);
  stop();
  const seen = count;
  await sleep(20);
  assert.is(count, seen);
});

it.run();
