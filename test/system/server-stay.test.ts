/** A process that stays at a central repository and checks pushes, so that no hook has to start one. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockHolder } from '../../src/app/lock.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, digestAt, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';

type Bench = { central: string; site: string; log: string };

const it = suite<Bench>('system: a process that stays');
const owner = `${process.getuid?.()}`;

const lockOf = ({ central }: Bench) => join(central, `cmf/lock/desk-${owner}`);
const openOf = ({ central }: Bench) => join(central, `cmf/desk/${owner}.open`);

it.before.each(async (bench) => {
  bench.central = await makeCentral();
  bench.log = join(makeTempDirectory(), 'log');
  await git(['config', 'cmf.stayMinutes', '5'], { cwd: bench.central });
  // A node that tells when a hook starts it.
  const node = join(makeTempDirectory(), 'node');
  writeFileSync(node, `#!/bin/sh\necho "$3" >>'${bench.log}'\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  for (const name of ['pre-receive', 'post-receive']) {
    const path = join(bench.central, 'hooks', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^node=.*$/m, `node='${node}'`));
  }
  bench.site = await makeSite(bench.central);
  await push(bench);
  await until(() => existsSync(openOf(bench)));
  assert.is(checksStarted(bench), 1);
});

it.after.each(async (bench) => {
  rmSync(join(bench.central, 'cmf/desk'), { recursive: true, force: true });
  await until(() => !existsSync(lockOf(bench)));
});

async function until(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 30_000; !isSo(); await sleep(20)) {
    if (Date.now() > endMs) throw new Error('it did not come to that within 30 s');
  }
}

async function push({ site }: Bench): Promise<void> {
  await recordRun(site);
  await cmf(site, ['push', '--quiet']);
}

/** How often a hook has started a process to check a push. */
function checksStarted({ log }: Bench): number {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((word) => word === 'pre-receive').length;
}

/** True while the process lives that the mark names. */
function hasWorker({ central }: Bench): boolean {
  try {
    return process.kill(Number(readFileSync(join(central, 'cmf/merge-wanted'), 'utf8').split(' ')[0]), 0);
  } catch {
    return false;
  }
}

function killStayer(bench: Bench): void {
  const pid = lockHolder(readFileSync(lockOf(bench), 'utf8'))?.pid;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
}

it('checks pushes, also many at once, without a start of its own for each', async (bench) => {
  const others = await Promise.all([1, 2, 3].map(() => makeSite(bench.central)));
  await Promise.all([bench.site, ...others].map((site) => push({ ...bench, site })));
  await settle(bench.central);
  assert.is(checksStarted(bench), 1);
  assert.is((await cmfJson(bench.central, ['list', 'executions'])).items.length, 5);
  await cmf(bench.site, ['pull', '--quiet']);
  assert.is(await digestAt(bench.site), await digestAt(bench.central));
});

it('refuses as a hook does, in the same words', async (bench) => {
  const refused = async () =>
    (await git(['push', bench.central, 'HEAD:refs/cmf/nonsense'], { cwd: bench.site, expectExit: 1 })).stderr;
  await git(['commit', '-q', '--allow-empty', '-m', 'x'], { cwd: bench.site });
  const said = await refused();
  assert.match(said, /remote: git cmf: refs\/cmf\/nonsense: no ref of git cmf has this name in format 1/);
  assert.match(said, 'nothing of this push was stored');
  assert.is(checksStarted(bench), 1);
  rmSync(openOf(bench));
  assert.is(await refused(), said);
  assert.is(checksStarted(bench), 2);
});

it('is not missed when it dies, and another one stays', async (bench) => {
  killStayer(bench);
  await push(bench);
  assert.is(checksStarted(bench), 2, 'the number of a dead process is seen at once');
  await settle(bench.central);
  await until(() => existsSync(openOf(bench)));
  await push(bench);
  assert.is(checksStarted(bench), 2);
  await settle(bench.central);
  assert.is((await cmfJson(bench.central, ['list', 'executions'])).items.length, 3);
});

it('is not waited for when it does not answer, and is sent away', async (bench) => {
  const { pid = 0 } = lockHolder(readFileSync(lockOf(bench), 'utf8')) ?? {};
  process.kill(pid, 'SIGSTOP');
  try {
    await push(bench);
    assert.is(checksStarted(bench), 2);
    assert.not(existsSync(openOf(bench)));
    assert.equal(readdirSync(join(bench.central, `cmf/desk/${owner}`)), []);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await settle(bench.central);
});

it('is not the one who only found another merge at work', async (bench) => {
  rmSync(openOf(bench));
  await until(() => !existsSync(lockOf(bench)));
  // Of a process of which nobody here can tell whether it lives.
  const lock = join(bench.central, 'cmf/lock/merge');
  writeFileSync(lock, JSON.stringify({ bootId: 'x', pidNamespace: 'y', pid: 1, startTime: '1', nonce: '00' }));
  await push(bench);
  await until(() => !hasWorker(bench));
  assert.not(existsSync(openOf(bench)));
  const longAgo = Date.now() / 1000 - 600;
  utimesSync(lock, longAgo, longAgo);
  await push(bench);
  await settle(bench.central);
  assert.is((await cmfJson(bench.central, ['list', 'executions'])).items.length, 3);
});

it('lets nobody else in', (bench) => {
  assert.is(statSync(join(bench.central, `cmf/desk/${owner}`)).mode & 0o777, 0o700);
});

it('goes with the hooks', async (bench) => {
  await cmf(bench.central, ['server', 'uninstall', '--quiet']);
  await until(() => !existsSync(lockOf(bench)));
  assert.not(existsSync(openOf(bench)));
});

it.run();
