/** Notes follow commits that are amended, rebased and squashed, by real git and the hook that `init --hooks` installs. */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeCommit, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, digestAt, makeCentral, makeSite, recordRun, revParse, settle } from '../helpers/sites.ts';

const it = suite('system: notes follow rewritten commits');

/** The beginnings of the ids of the runs that a commit's note names. */
async function runsAt(site: string, commit = 'HEAD'): Promise<string[]> {
  const { stdout } = await git(['log', '-1', '--notes=cmf', '--format=%N', commit], { cwd: site });
  return [...stdout.matchAll(/^\S+\/\S+ ([0-9a-f-]{18})/gm)].map(([, id = '']) => id).sort();
}

const short = (...ids: string[]): string[] => ids.map((id) => id.slice(0, 18)).sort();

/** The user's own commands, with the program on their PATH as the hook would find it. */
function userGit(site: string, ...args: string[]) {
  return git(args, { cwd: site, env: { ...cmfEnv(), GIT_SEQUENCE_EDITOR: 'true', GIT_EDITOR: 'true' } });
}

it('through amend, rebase, squash and from a linked work tree, and other clones see it', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  assert.match((await cmf(site, ['init', '--hooks'])).stdout, /hooks\/post-rewrite: installed\n/);
  const base = await revParse(site, 'HEAD');

  const original = await makeCommit(site, { a: '1' });
  const amended = await recordRun(site);
  await userGit(site, 'commit', '--quiet', '--amend', '-m', 'better said');
  assert.not.equal(await revParse(site, 'HEAD'), original);
  await cmf(site, ['push', '--quiet']);
  assert.equal(await runsAt(site), short(amended));
  assert.equal(await runsAt(site, original), short(amended));

  await userGit(site, 'switch', '--quiet', '-c', 'topic');
  await makeCommit(site, { b: '1' });
  const first = await recordRun(site);
  await makeCommit(site, { b: '2' });
  const second = await recordRun(site);
  await userGit(site, 'branch', 'upstream', base);
  await userGit(site, 'rebase', '--quiet', '--onto', 'upstream', 'main');
  await userGit(site, 'reset', '--quiet', '--hard', 'HEAD');
  writeFileSync(join(site, 'todo.sh'), '#!/bin/sh\nsed -i.bak "2s/^pick/squash/" "$1"\n', { mode: 0o755 });
  const env = { ...cmfEnv(), GIT_SEQUENCE_EDITOR: join(site, 'todo.sh'), GIT_EDITOR: 'true' };
  await git(['rebase', '--quiet', '-i', 'upstream'], { cwd: site, env });
  assert.is((await git(['rev-list', '--count', 'upstream..HEAD'], { cwd: site })).stdout.trim(), '1');

  const linked = join(makeTempDirectory(), 'linked');
  await userGit(site, 'worktree', 'add', '--quiet', '-b', 'beside', linked, base);
  await makeCommit(linked, { c: '1' });
  const beside = await recordRun(linked);
  await userGit(linked, 'commit', '--quiet', '--amend', '-m', 'beside, better said');
  await cmf(site, ['push', '--quiet']);
  await userGit(site, 'push', '--quiet', 'origin', 'topic');
  assert.equal(await runsAt(site), short(first, second));
  assert.equal(await runsAt(linked), short(beside));
  assert.match((await cmf(site, ['show', amended])).stdout, new RegExp(original.slice(0, 7)));

  await settle(central);
  const other = await makeSite(central);
  await cmf(other, ['pull', '--quiet']);
  assert.is(await digestAt(other), await digestAt(site));
  assert.equal(await runsAt(other, 'origin/topic'), short(first, second));
  assert.equal(readdirSync(join(site, '.git/cmf/rewritten')), []);
});

it('runs the hook that was there before, and goes away without a trace', async () => {
  const site = await makeSite(await makeCentral());
  const hook = join(site, '.git/hooks/post-rewrite');
  const seen = join(makeTempDirectory(), 'seen');
  const mine = `#!/bin/sh\necho "$1" >>'${seen}'\ncat >>'${seen}'\nexit 3\n`;
  writeFileSync(hook, mine, { mode: 0o755 });
  const before = readdirSync(join(site, '.git/hooks'));
  await cmf(site, ['init', '--hooks', '--quiet']);
  await cmf(site, ['init', '--hooks', '--quiet']);
  const old = await makeCommit(site, { a: '1' });
  await userGit(site, 'commit', '--quiet', '--amend', '-m', 'again');
  assert.is(readFileSync(seen, 'utf8'), `amend\n${old} ${await revParse(site, 'HEAD')}\n`);
  assert.is(readdirSync(join(site, '.git/cmf/rewritten')).length, 1);
  assert.match((await cmf(site, ['init', '--no-hooks'])).stdout, /removed; the hook that was there before is back/);
  assert.equal(readdirSync(join(site, '.git/hooks')), before);
  assert.is(readFileSync(hook, 'utf8'), mine);
  rmSync(hook);
  await cmf(site, ['init', '--hooks', '--quiet']);
  await cmf(site, ['init', '--quiet']);
  assert.ok(existsSync(hook));
  await cmf(site, ['init', '--no-hooks', '--quiet']);
  assert.not(existsSync(hook));
});

it('the hook does nothing where git cmf is gone or a folder cannot be written, and git goes on', async () => {
  const site = await makeSite(await makeCentral());
  await cmf(site, ['init', '--hooks', '--quiet']);
  const hook = join(site, '.git/hooks/post-rewrite');
  writeFileSync(hook, readFileSync(hook, 'utf8').replace(/^program=.*$/m, "program='/nowhere/git-cmf'"));
  await makeCommit(site, { a: '1' });
  // Whoever runs this may have git cmf on PATH.
  const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !existsSync(join(folder, 'git-cmf')));
  const env = { PATH: path.join(':') };
  const amend = (message: string) => git(['commit', '--quiet', '--amend', '-m', message], { cwd: site, env });
  assert.is((await amend('one')).stderr, '');
  assert.not(existsSync(join(site, '.git/cmf/rewritten')));
  await cmf(site, ['init', '--hooks', '--quiet']);
  writeFileSync(join(site, '.git/cmf/rewritten'), 'not a folder');
  assert.is((await amend('two')).stderr, '');
  rmSync(join(site, '.git/cmf/rewritten'));
  chmodSync(hook, 0o644);
  assert.match((await cmf(site, ['doctor'], { expectExit: 'any' })).stdout, /post-rewrite cannot be executed/);
});

it('a hooks folder of a hook manager is not written to; its hook may call git cmf', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await makeCommit(site, { '.husky/post-rewrite': '#!/bin/sh\ngit cmf hook post-rewrite\n' });
  chmodSync(join(site, '.husky/post-rewrite'), 0o755);
  await git(['config', 'core.hooksPath', '.husky'], { cwd: site });
  const { stderr } = await cmf(site, ['init', '--hooks'], { expectExit: 4 });
  assert.match(stderr, /hint: let the hook post-rewrite there run 'git cmf hook post-rewrite'/);
  assert.equal(readdirSync(join(site, '.husky')), ['post-rewrite']);
  const run = await recordRun(site);
  await userGit(site, 'commit', '--quiet', '--amend', '-m', 'again');
  await cmf(site, ['push', '--quiet']);
  await settle(central);
  assert.equal(await runsAt(site), short(run));
  await cmf(site, ['init', '--no-hooks', '--quiet']);
  assert.equal(readdirSync(join(site, '.husky')), ['post-rewrite']);
});

it('does not take the hook from other repositories that use the same folder', async () => {
  const site = await makeSite(await makeCentral({ hooks: false }));
  await cmf(site, ['init', '--hooks', '--quiet']);
  const shared = makeTempDirectory('hooks');
  cpSync(join(site, '.git/hooks/post-rewrite'), join(shared, 'post-rewrite'));
  await git(['config', 'core.hooksPath', shared], { cwd: site });
  const { stderr } = await cmf(site, ['init', '--no-hooks'], { expectExit: 4 });
  assert.match(stderr, /^hint: remove .*post-rewrite if no repository needs it$/m);
  assert.equal(readdirSync(shared), ['post-rewrite']);
  await git(['config', '--unset', 'core.hooksPath'], { cwd: site });
  await cmf(site, ['init', '--no-hooks', '--quiet']);
  assert.not(existsSync(join(site, '.git/hooks/post-rewrite')));
});

it.run();
