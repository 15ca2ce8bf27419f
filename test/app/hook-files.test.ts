import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/app/clone.ts';
import { installHooks } from '../../src/app/hook-files.ts';
import { PowerCut, simulatedDisk } from '../helpers/simulated-disk.ts';

const it = suite('app: hooks in their folder');
const OLD = '#!/bin/sh\nexit 7\n';
const OURS = '#!/bin/sh\n# git-cmf hook: pre-receive.\nnode=@NODE@\n';
const installation = { templates: '/cmf', node: '/node', program: '/git-cmf' };

/** A disk with a server's own check, and the hooks as they come with git cmf. */
function makeServer() {
  const disk = simulatedDisk(() => 0);
  disk.makeDirectory('/hooks');
  disk.replace('/hooks/pre-receive', OLD);
  disk.replace('/cmf/pre-receive', OURS);
  disk.restart(() => 0);
  const textOf = (path: string) => Buffer.from(disk.read(path) ?? '').toString();
  const context = { disk } as unknown as Context;
  const install = () => installHooks({ context, directory: '/hooks', names: ['pre-receive'] }, installation);
  /** What a push meets now: the check of before, or ours, which runs it. */
  const isGuarded = () => {
    const hook = textOf('/hooks/pre-receive');
    return hook === OLD || (hook.includes('git-cmf hook') && textOf('/hooks/pre-receive.before-cmf') === OLD);
  };
  return { disk, install, isGuarded };
}

/** Where random choices are made, all of one kind or in turn. */
const CHOICES: readonly (() => number)[] = [() => 0, () => 0.99, alternating()];

function alternating(): () => number {
  let count = 0;
  return () => (count++ % 2 === 0 ? 0 : 0.99);
}

it('leaves a server with its check whenever the installation dies, and ends it the next time', () => {
  const whole = makeServer();
  whole.install();
  const operations = whole.disk.operations();
  assert.ok(operations > 4);
  for (let at = 0; at < operations; at++) {
    for (const choose of CHOICES) {
      const { disk, install, isGuarded } = makeServer();
      disk.crashAt(at);
      assert.throws(install, (error: unknown) => error instanceof PowerCut);
      assert.ok(isGuarded(), `killed at operation ${at}`);
      disk.restart(choose);
      assert.ok(isGuarded(), `no power at operation ${at}`);
      const [hook] = install();
      assert.is(hook?.file, 'pre-receive');
      assert.is(hook?.hasPrevious, true);
      assert.ok(isGuarded());
      assert.not.equal(Buffer.from(disk.read('/hooks/pre-receive') ?? '').toString(), OLD);
    }
  }
});

it('takes what a killed installation left for no hook', () => {
  const { disk, install } = makeServer();
  disk.replace('/hooks/pre-receive.0123456789ab.tmp', OURS);
  assert.is(install()[0]?.file, 'pre-receive');
});

it.run();
