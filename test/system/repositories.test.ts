/** Every kind of repository that git knows: a whole run in each, and nothing of the user's changes. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { busyCentral, cloneWith, tellStory, userThings } from '../helpers/repository-story.ts';
import { git, makeCommit, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, digestAt, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: kinds of repositories');

it('linked work trees share the journal; each has its own running execution', async () => {
  const central = await busyCentral();
  const main = await makeSite(central);
  const linked = join(makeTempDirectory(), 'linked');
  await git(['worktree', 'add', '--quiet', '-b', 'topic', linked], { cwd: main });
  const here = (await cmf(main, ['start', '-p', 'story', '-s', 'one'])).stdout.trim();
  const there = (await cmf(linked, ['start', '-p', 'story', '-s', 'two'])).stdout.trim();
  await cmf(main, ['log-metric', 'm=1']);
  await cmf(linked, ['log-metric', 'm=2']);
  await cmf(linked, ['finish']);
  await cmf(main, ['finish']);
  for (const [id, value] of [
    [here, 1],
    [there, 2],
  ] as const) {
    assert.match((await cmf(main, ['show', id])).stdout, new RegExp(`\\bm\\b.*${value}`));
  }
  // DVC's folder is a work tree's own.
  await cmf(linked, ['init', '--quiet']);
  await tellStory(linked, central);
  assert.is(await digestAt(linked), await digestAt(main));
  assert.not(existsSync(join(main, '.git/worktrees/linked/cmf')));
});

it('a linked work tree that is gone or moved takes nothing with it', async () => {
  const central = await makeCentral();
  const main = await makeSite(central);
  const linked = join(makeTempDirectory(), 'linked');
  await git(['worktree', 'add', '--quiet', '-b', 'topic', linked], { cwd: main });
  const moved = (await cmf(linked, ['start', '-p', 'p', '-s', 's'])).stdout.trim();
  const place = join(makeTempDirectory(), 'elsewhere');
  await git(['worktree', 'move', linked, place], { cwd: main });
  await cmf(place, ['log-metric', 'm=1', '-e', moved]);
  await cmf(place, ['finish', '-e', moved]);
  const pruned = (await cmf(place, ['start', '-p', 'p', '-s', 's'])).stdout.trim();
  rmSync(place, { recursive: true });
  await git(['worktree', 'prune'], { cwd: main });
  await cmf(main, ['log-metric', 'm=2', '-e', pruned]);
  await cmf(main, ['finish', '-e', pruned, '--status', 'aborted']);
  const { items } = await cmfJson(main, ['list', 'executions']);
  assert.equal(items.map(({ status }) => status).sort(), ['aborted', 'succeeded']);
  await tellStory(main, central);
});

it('a submodule has a journal of its own', async () => {
  const central = await busyCentral();
  const outer = await makeRepository();
  await makeCommit(outer, { a: '1' });
  await git(['submodule', '--quiet', 'add', `file://${central}`, 'libs/inner'], { cwd: outer });
  await git(['commit', '--quiet', '-m', 'with a submodule'], { cwd: outer });
  const inner = join(outer, 'libs/inner');
  await cmf(inner, ['init', '--quiet']);
  const before = await userThings(outer);
  const { execution } = await tellStory(inner, central);
  const ours = await git(['for-each-ref', 'refs/cmf', 'refs/cmf-local', 'refs/notes'], { cwd: outer });
  assert.is(ours.stdout, '');
  assert.not(existsSync(join(outer, '.git/cmf')));
  assert.equal((await userThings(outer)).refs.refs, before.refs.refs);
  await cmf(outer, ['init', '--quiet']);
  await cmf(outer, ['show', execution], { expectExit: 6 });
});

it('a shallow clone pushes and pulls whole journals', async () => {
  const central = await busyCentral();
  const clone = await cloneWith(central, ['--depth', '1']);
  await tellStory(clone, central);
  await recordRun(clone);
  await cmf(clone, ['push', '--quiet']);
  await settle(central);
  assert.is(await digestAt(clone), await digestAt(central));
  assert.is((await git(['rev-list', '--count', 'HEAD'], { cwd: clone })).stdout.trim(), '1');
});

it('a partial clone has every byte of the journals and never asks for one later', async () => {
  const central = await busyCentral();
  await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: central });
  const clone = await cloneWith(central, ['--filter=blob:none', '--no-checkout']);
  await tellStory(clone, central);
  // A run on a commit that only its author has: git would ask the remote for that commit, too.
  const other = await makeSite(central);
  await makeCommit(other, { a: '1' }, 'never pushed');
  await recordRun(other);
  await cmf(other, ['push', '--quiet']);
  await settle(central);
  const trace = join(makeTempDirectory(), 'trace');
  await cmf(clone, ['pull', '--quiet'], { env: { GIT_TRACE: trace } });
  assert.not.match(readFileSync(trace, 'utf8'), /fetch\.negotiationAlgorithm=noop/);
  const args = ['rev-list', '--objects', '--missing=print', '--glob=refs/cmf*', '--glob=refs/notes/*'];
  const listed = (await git(args, { cwd: clone })).stdout.split('\n');
  assert.equal(
    listed.filter((line) => line.startsWith('?')),
    [],
  );
  // Some code is missing, so the clone is a partial one, and with the remote gone everything can still be read.
  const code = await git(['rev-list', '--objects', '--missing=print', 'HEAD'], { cwd: clone });
  assert.match(code.stdout, /^\?/m);
  await git(['remote', 'set-url', 'origin', join(makeTempDirectory(), 'gone')], { cwd: clone });
  await digestAt(clone);
  await cmf(clone, ['log']);
});

it('SHA-256 repositories exchange among each other', async () => {
  const central = await makeRepository({ bare: true, objectFormat: 'sha256' });
  await cmf(central, ['server', 'install', '--quiet']);
  const clone = await makeRepository({ objectFormat: 'sha256' });
  await makeCommit(clone, { a: '1' });
  await git(['remote', 'add', 'origin', central], { cwd: clone });
  await cmf(clone, ['init', '--quiet']);
  await tellStory(clone, central);
});

it('SHA-1 and SHA-256 repositories cannot exchange, and the message says so', async () => {
  const central = await busyCentral();
  const clone = await makeRepository({ objectFormat: 'sha256' });
  await git(['remote', 'add', 'origin', central], { cwd: clone });
  await cmf(clone, ['init', '--quiet']);
  await recordRun(clone);
  for (const command of ['push', 'pull']) {
    const { stderr } = await cmf(clone, [command], { expectExit: 3 });
    assert.match(stderr, /SHA-256/i, stderr);
    assert.match(stderr, /SHA-1/i, stderr);
  }
});

it('a clone that borrows objects', async () => {
  const central = await busyCentral();
  const source = await makeSite(central);
  const own = await recordRun(source);
  const shared = await cloneWith(central, ['--reference', source]);
  await tellStory(shared, central);
  const local = join(makeTempDirectory(), 'shared');
  await git(['clone', '--quiet', '--shared', source, local], { cwd: source });
  await cmf(local, ['init', '--quiet']);
  await cmf(local, ['show', own], { expectExit: 6 });
  await git(['remote', 'set-url', 'origin', central], { cwd: local });
  await tellStory(local, central);
});

it.run();
