/** Repositories in odd states and at odd places: a whole run in each, and nothing of the user's changes. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { busyCentral, tellStory, userThings } from '../helpers/repository-story.ts';
import { git, makeCommit, makeRepository, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, makeSite } from '../helpers/sites.ts';

const it = suite('system: repositories in odd states and places');

it('a sparse checkout, also with a sparse index', async () => {
  const central = await busyCentral();
  const clone = await makeSite(central);
  await makeCommit(clone, { 'in/a': '1', 'out/b': '2' });
  await git(['sparse-checkout', 'set', '--cone', '--sparse-index', 'in', 'story'], { cwd: clone });
  assert.not(existsSync(join(clone, 'out')));
  await tellStory(clone, central, { from: join(clone, 'in') });
  assert.not(existsSync(join(clone, 'out')));
});

it('a clone without a commit, and a detached HEAD', async () => {
  const central = await makeRepository({ bare: true });
  await cmf(central, ['server', 'install', '--quiet']);
  const clone = await makeSite(central);
  await tellStory(clone, central, { hasCommit: false });
  await makeCommit(clone, { a: '1' });
  await git(['switch', '--quiet', '--detach'], { cwd: clone });
  await tellStory(clone, central);
});

it('in the middle of a rebase, a merge and a bisect', async () => {
  const central = await busyCentral();
  const clone = await makeSite(central);
  const base = await makeCommit(clone, { a: 'base\n' });
  await git(['switch', '--quiet', '-c', 'topic'], { cwd: clone });
  await makeCommit(clone, { a: 'topic\n' });
  await git(['switch', '--quiet', 'main'], { cwd: clone });
  await makeCommit(clone, { a: 'main\n' });
  for (const what of [
    ['rebase', 'topic'],
    ['merge', 'topic'],
  ] as const) {
    await git(what, { cwd: clone, expectExit: 1 });
    assert.not.equal((await userThings(clone)).underWay, []);
    await tellStory(clone, central);
    await git([what[0], '--abort'], { cwd: clone });
  }
  await makeCommit(clone, { b: '1' });
  await makeCommit(clone, { b: '2' });
  await git(['bisect', 'start', 'HEAD', base], { cwd: clone });
  await tellStory(clone, central);
});

it('core.worktree, GIT_DIR with GIT_WORK_TREE, and worktreeConfig', async () => {
  const central = await busyCentral();
  const moved = await makeSite(central);
  const place = makeTempDirectory('place');
  renameSync(join(moved, '.git'), join(place, 'store'));
  await git(['config', 'core.worktree', moved], { cwd: join(place, 'store') });
  writeFileSync(join(moved, '.git'), `gitdir: ${join(place, 'store')}\n`);
  await tellStory(moved, central);
  rmSync(join(moved, '.git'));
  const env = { GIT_DIR: join(place, 'store'), GIT_WORK_TREE: moved };
  const id = (await cmf(place, ['start', '-p', 'p', '-s', 's'], { env })).stdout.trim();
  await cmf(moved, ['log-artifact', join(moved, 'train.py'), '--input'], { env: { GIT_DIR: env.GIT_DIR } });
  await cmf(moved, ['finish', '-e', id], { env });
  await cmf(place, ['push'], { env });
  const own = await makeSite(central);
  await git(['config', 'extensions.worktreeConfig', 'true'], { cwd: own });
  const linked = join(makeTempDirectory(), 'linked');
  await git(['worktree', 'add', '--quiet', linked, '-b', 'topic'], { cwd: own });
  await git(['config', '--worktree', 'core.sparseCheckout', 'true'], { cwd: linked });
  await cmf(linked, ['init', '--quiet']);
  await tellStory(linked, central);
});

it('a path with spaces, quotes, shell characters and letters of all kinds', async () => {
  const odd = join(makeTempDirectory(), '-it\'s "ünï 日本" $HOME `x` *');
  mkdirSync(odd);
  const central = join(odd, 'central');
  await git(['clone', '--quiet', '--bare', await busyCentral(), central], { cwd: odd });
  await cmf(central, ['server', 'install', '--quiet']);
  await cmf(central, ['server', 'merge', '--quiet']);
  const clone = join(odd, 'clone');
  await git(['clone', '--quiet', '--', central, clone], { cwd: odd });
  await cmf(clone, ['init', '--quiet']);
  await tellStory(clone, central);
});

it('a folder that was deleted meanwhile', async () => {
  const folder = makeTempDirectory('gone');
  const script = `cd '${folder}' && rmdir '${folder}' && exec git cmf status`;
  const { stderr } = await runSealed('sh', ['-c', script], { cwd: '/', env: cmfEnv(), expectExit: 3 });
  assert.match(stderr, /^error: .*gone.* does not exist\nhint: /m);
});

it('a path with a line break is refused before anything is touched', async () => {
  const folder = join(makeTempDirectory(), 'two\nlines');
  mkdirSync(folder);
  await git(['init', '--quiet'], { cwd: folder });
  const before = readdirSync(join(folder, '.git')).sort();
  const { stderr } = await cmf(folder, ['init'], { expectExit: 3 });
  assert.match(stderr, /line break/);
  assert.equal(readdirSync(join(folder, '.git')).sort(), before);
  assert.equal(readdirSync(folder), ['.git']);
});

it.run();
