import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gitProcessesIn } from '../../../src/adapters/process/git-processes.ts';
import { makeRepository, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('adapter: processes of git');

it('finds a git that works in a folder, and not our own children', async () => {
  const directory = await makeRepository();
  const options = { cwd: directory, env: sealedEnv() };
  const own = spawn('git', ['cat-file', '--batch-check'], options);
  // Under a shell it is somebody else's.
  const shell = spawn('sh', ['-c', 'git cat-file --batch-check; :'], options);
  try {
    for (const child of [own, shell]) {
      child.stdin.write('HEAD\n');
      await once(child.stdout, 'data');
    }
    const found = gitProcessesIn([directory]);
    if (process.platform === 'linux') {
      assert.is(found?.length, 1);
      assert.not.equal(found, [own.pid]);
      assert.equal(gitProcessesIn([`${directory}/elsewhere`]), []);
    } else assert.is(found, undefined);
  } finally {
    for (const child of [own, shell]) {
      child.stdin.end();
      await once(child, 'close');
    }
  }
  assert.equal(gitProcessesIn([directory]) ?? [], []);
});

it.run();
