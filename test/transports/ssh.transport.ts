/** OpenSSH with an account that may do nothing but push and fetch. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { digestAt, recordRun, settle } from '../helpers/sites.ts';
import { holdHook, lineSuite, transportSuite, untilHeld } from './conformance.ts';
import { startSsh } from './ssh-server.ts';

const it = transportSuite('ssh', startSsh);
lineSuite(it);

/** The processes that a process started. */
function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.filter(([, parent]) => parent === pid).map(([child = 0]) => child);
}

it('loses nothing when the server kills the connection while it judges a push', async (meeting) => {
  const { name, path } = await meeting.central();
  const site = await meeting.site(name);
  const gate = join(makeTempDirectory(), 'open');
  holdHook(path, 'pre-receive', gate);
  await recordRun(site);
  const before = await digestAt(site);
  const pushing = meeting.cmf(site, ['push'], { expectExit: 'any' });
  await untilHeld(gate);
  for (const child of childrenOf(meeting.served.pid)) process.kill(child, 'SIGKILL');
  const { exitCode, stderr } = await pushing;
  assert.is(exitCode, 3);
  assert.match(stderr, /hint: /);
  writeFileSync(gate, '');
  assert.is(await digestAt(site), before);
  // The server may have taken the push and died before its last hook, so the next one with something new has both merged.
  await recordRun(site);
  await meeting.cmf(site, ['push']);
  await settle(path);
  assert.is(await digestAt(path), await digestAt(site));
});

it('needs no more than git-receive-pack and git-upload-pack', async (meeting) => {
  const { served } = meeting;
  const [target = ''] = /[^/]+@[^/:]+/.exec(served.url('')) ?? [];
  const ssh = served.env['GIT_SSH_COMMAND'] ?? '';
  const shell = (command: string) =>
    runSealed('sh', ['-c', `${ssh} -p ${served.port} ${target} ${command}`], { cwd: served.root, expectExit: 'any' });
  assert.match((await shell('ls')).stderr, /unrecognized command/);
  assert.match((await shell("'git cmf server merge'")).stderr, /unrecognized command/);
});

it('tells who is not known: a host, or a key', async (meeting) => {
  const { served } = meeting;
  const site = await meeting.site((await meeting.central()).name);
  await recordRun(site);
  const before = await digestAt(site);
  const tries: readonly (readonly [Parameters<typeof served.command>[0], RegExp])[] = [
    [{ knownHosts: '/dev/null' }, /Host key verification failed/],
    [{ key: served.strangeKey }, /Permission denied \(publickey\)/],
  ];
  for (const [files, words] of tries) {
    for (const command of ['push', 'pull']) {
      const env = { GIT_SSH_COMMAND: served.command(files) };
      const { stderr } = await meeting.cmf(site, [command], { expectExit: 3, env });
      assert.match(stderr, words);
      assert.match(stderr, /hint: /);
    }
  }
  assert.is(await digestAt(site), before);
});

it.run();
