import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeEffects } from '../../../src/adapters/process/node-effects.ts';

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

it.run();
