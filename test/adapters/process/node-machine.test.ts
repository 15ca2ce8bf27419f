import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeMachine } from '../../../src/adapters/process/node-machine.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const it = suite('process: what is installed');
const KNOWN = { gitVersion: async () => ({ text: '2.40.0', isSupported: true }), manualFile: '/opt/git-cmf.1' };

it('finds the program that a shell would start', () => {
  const [first, second] = [makeTempDirectory('one'), makeTempDirectory('two')];
  mkdirSync(join(first, 'git-cmf'));
  writeFileSync(join(second, 'git-cmf'), '#!/bin/sh\n');
  const machine = nodeMachine({ PATH: `${first}:${second}` }, KNOWN);
  assert.is(machine.findProgram('git-cmf'), undefined, 'neither a folder nor a file that cannot be executed');
  chmodSync(join(second, 'git-cmf'), 0o755);
  assert.is(machine.findProgram('git-cmf'), join(second, 'git-cmf'));
  assert.is(nodeMachine({}, KNOWN).findProgram('git-cmf'), undefined);
});

it('finds a manual where man looks, and none where there is no man', () => {
  const folder = makeTempDirectory('manual');
  mkdirSync(join(folder, 'bin'));
  assert.is(nodeMachine({ PATH: join(folder, 'bin') }, KNOWN).findManual('git-cmf'), undefined);
  writeFileSync(join(folder, 'bin/man'), '#!/bin/sh\necho "/man/of/$2.1"\n');
  chmodSync(join(folder, 'bin/man'), 0o755);
  assert.is(nodeMachine({ PATH: join(folder, 'bin') }, KNOWN).findManual('git-cmf'), '/man/of/git-cmf.1');
});

it('tells what it may do with paths', () => {
  const folder = makeTempDirectory();
  const machine = nodeMachine({}, KNOWN);
  writeFileSync(join(folder, 'file'), '');
  assert.equal(
    [machine.isWritable(folder), machine.isReadable(join(folder, 'file')), machine.isExecutable(join(folder, 'file'))],
    [true, true, false],
  );
  assert.equal([machine.isWritable(join(folder, 'none')), machine.isExecutable(folder)], [false, false]);
});

it.run();
