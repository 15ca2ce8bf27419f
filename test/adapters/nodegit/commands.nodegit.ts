/** A story of two clones with no git to start, from `init` to `pull`. Run by `npm run test:nodegit`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hideGit } from '../../helpers/no-git.ts';
import { type Finished, git, makeRepository, makeTempDirectory, runSealed } from '../../helpers/sealed-git.ts';
import { makeCentral, ROOT } from '../../helpers/sites.ts';

const { startedGits } = hideGit();

/** The program itself, as git would start it. */
function run(
  folder: string,
  args: readonly string[],
  expectExit: number | 'any' = 0,
  packages = process.env['NODE_PATH'] ?? '',
): Promise<Finished> {
  const env = { NODE_PATH: packages };
  return runSealed(process.execPath, [join(ROOT, 'bin/git-cmf'), ...args], { cwd: folder, env, expectExit });
}

async function makeClone(central: string): Promise<string> {
  const folder = makeTempDirectory('clone');
  await git(['clone', '--quiet', `file://${central}`, folder], { cwd: folder });
  await git(['config', 'cmf.gitBackend', 'nodegit'], { cwd: folder });
  return folder;
}

const it = suite('nodegit: the commands');

it('records, pushes and pulls without git', async () => {
  const central = await makeCentral({ hooks: false });
  const [here, there] = [await makeClone(central), await makeClone(central)];
  for (const clone of [here, there]) await run(clone, ['init', '--remote', 'origin']);
  const execution = (await run(here, ['start', '-p', 'spam', '-s', 'train', '--param', 'lr=0.1'])).stdout.trim();
  writeFileSync(join(here, 'model.bin'), 'weights');
  await run(here, ['log-artifact', 'model.bin', '--output', '--type', 'model']);
  await run(here, ['log-metric', 'auc=0.93', '--step', '1']);
  await run(here, ['finish']);
  await run(here, ['push']);
  await run(there, ['pull']);
  const shown = await run(there, ['show', execution]);
  assert.match(shown.stdout, /auc/);
  const digests = await Promise.all([here, there].map((clone) => run(clone, ['digest'])));
  assert.is(digests[0]?.stdout, digests[1]?.stdout);
  assert.equal(startedGits(), []);
});

it('leaves what the other way to reach git reads the same', async () => {
  const central = await makeCentral({ hooks: false });
  const here = await makeClone(central);
  await run(here, ['init', '--remote', 'origin']);
  await run(here, ['start', '-p', 'spam', '-s', 'train']);
  await run(here, ['finish']);
  await run(here, ['push']);
  const inside = await run(here, ['digest']);
  for (const folder of [here, central]) {
    const { stdout, stderr } = await git(['fsck', '--strict', '--no-dangling'], { cwd: folder });
    assert.is(stdout + stderr.replace(/^notice: .*\n/gm, ''), '');
  }
  await git(['config', '--unset', 'cmf.gitBackend'], { cwd: here });
  const outside = await runSealed(process.execPath, [join(ROOT, 'bin/git-cmf'), 'digest'], {
    cwd: here,
    env: { PATH: withoutFirst(process.env['PATH'] ?? '') },
  });
  assert.is(outside.stdout, inside.stdout);
});

it('loads nodegit only where an object, a ref or a path is needed', async () => {
  const here = await makeClone(await makeCentral({ hooks: false }));
  await run(here, ['init', '--remote', 'origin']);
  await run(here, ['start', '-p', 'spam', '-s', 'train']);
  const broken = makeTempDirectory('packages');
  mkdirSync(join(broken, 'nodegit'));
  writeFileSync(join(broken, 'nodegit/index.js'), 'throw new Error("it was loaded");');
  await run(here, ['log-metric', 'auc=0.93'], 0, broken);
  assert.match((await run(here, ['push'], 3, broken)).stderr, /it was loaded/);
  assert.match((await run(here, ['log-metric', 'auc=0.94'], 3, '')).stderr, /npm install nodegit/);
  await run(here, ['log-metric', 'auc=0.95']);
});

it('refuses what libgit2 would read wrongly, and names the setting', async () => {
  const before = startedGits().length;
  const sha256 = await makeRepository({ objectFormat: 'sha256' });
  await git(['config', 'cmf.gitBackend', 'nodegit'], { cwd: sha256 });
  const config = readFileSync(join(sha256, '.git/config'), 'utf8');
  const refused = await run(sha256, ['init'], 3);
  assert.match(refused.stderr, /format 1[\s\S]*git config --unset cmf\.gitBackend/);
  assert.is(readFileSync(join(sha256, '.git/config'), 'utf8'), config);
  assert.is(startedGits().length, before);
});

it('refuses to push past the hooks of a central repository', async () => {
  const central = await makeCentral({ hooks: false });
  const here = await makeClone(central);
  writeFileSync(join(central, 'hooks/pre-receive'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await run(here, ['init', '--remote', 'origin']);
  await run(here, ['start', '-p', 'spam', '-s', 'train']);
  const refused = await run(here, ['push'], 3);
  assert.match(refused.stderr, /has the hook pre-receive[\s\S]*git config --unset cmf\.gitBackend/);
  assert.is((await git(['for-each-ref', 'refs/cmf'], { cwd: central })).stdout, '');
});

it.run();

/** PATH with the real git first. */
function withoutFirst(path: string): string {
  return path.split(':').slice(1).join(':');
}
