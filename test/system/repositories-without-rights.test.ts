/** Repositories in which one may not do everything: read-only, bare, of somebody else. */
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cmfAsOrdinaryUser, listing, setWritable } from '../helpers/ordinary-user.ts';
import { tellStory } from '../helpers/repository-story.ts';
import { git, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, digestAt, makeCentral, makeSite, recordRun, revParse, settle } from '../helpers/sites.ts';

const it = suite('system: repositories without all rights');

it('in a read-only repository reading works, and writing says what to do', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const id = await recordRun(site);
  await cmf(site, ['push', '--quiet']);
  await settle(central);
  await recordRun(site, { params: { inTheLog: 1 } });
  const digest = await digestAt(site);
  setWritable(site, false);
  const before = listing(site);
  try {
    assert.is((await cmfAsOrdinaryUser(site, ['digest'])).stdout, digest);
    const reading = [
      ['status'],
      ['log'],
      ['list', 'executions'],
      ['show', id],
      ['lineage', id],
      ['fsck'],
      ['init', '-q'],
    ];
    for (const args of reading) await cmfAsOrdinaryUser(site, args);
    for (const args of [
      ['start', '-p', 'p', '-s', 's'],
      ['log-metric', 'm=1', '-e', id],
      ['log-artifact', 'train.py', '--input', '-e', id],
      ['push'],
      ['pull'],
    ]) {
      const { stderr } = await cmfAsOrdinaryUser(site, args, { expectExit: 3 });
      assert.match(stderr, /^error: .*(denied|read-only|permission)/im, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^hint: /m, `${args.join(' ')}: ${stderr}`);
    }
    assert.equal(listing(site), before);
  } finally {
    setWritable(site, true);
  }
  await cmf(site, ['push', '--quiet']);
  await settle(central);
});

it('a clone that cannot be written is not made a recording one by halves', async () => {
  const site = makeTempDirectory('site');
  await git(['clone', '--quiet', await makeCentral(), site], { cwd: site });
  setWritable(site, false);
  const before = listing(site);
  try {
    const { stderr } = await cmfAsOrdinaryUser(site, ['init'], { expectExit: 3 });
    assert.match(stderr, /^error: .*(denied|permission)/im);
    assert.match(stderr, /^hint: /m);
    assert.equal(listing(site), before);
  } finally {
    setWritable(site, true);
  }
  await cmf(site, ['init', '--quiet']);
});

it('a read-only central repository can be pulled from and read', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await recordRun(site);
  await cmf(site, ['push', '--quiet']);
  await settle(central);
  const reader = await makeSite(central);
  setWritable(central, false);
  const before = listing(central);
  try {
    await cmfAsOrdinaryUser(reader, ['pull', '--quiet']);
    assert.is(await digestAt(reader), await digestAt(site));
    for (const args of [['digest'], ['log'], ['list', 'executions'], ['fsck']]) await cmfAsOrdinaryUser(central, args);
    await recordRun(site);
    const { stderr } = await cmfAsOrdinaryUser(site, ['push'], { expectExit: 'any' });
    assert.match(stderr, /^error: /m);
    await cmfAsOrdinaryUser(central, ['server', 'merge'], { expectExit: 3 });
    assert.equal(listing(central), before);
  } finally {
    setWritable(central, true);
  }
  await cmf(site, ['push', '--quiet']);
  await settle(central);
});

it('a bare repository as a client', async () => {
  const central = await makeCentral();
  const client = makeTempDirectory('client');
  await git(['clone', '--quiet', '--bare', central, client], { cwd: client });
  await cmf(client, ['init', '--quiet']);
  const id = (await cmf(client, ['start', '-p', 'p', '-s', 's'])).stdout.trim();
  await cmf(client, ['log-metric', 'm=1']);
  await cmf(client, ['finish']);
  await cmf(client, ['push', '--quiet']);
  await settle(central);
  await cmf(client, ['pull', '--quiet']);
  assert.is(await digestAt(client), await digestAt(central));
  // Nobody says that what ran there was the code of its HEAD, so no commit is named.
  assert.not.match((await cmf(client, ['show', id])).stdout, new RegExp((await revParse(client, 'HEAD')).slice(0, 7)));
  const { stderr } = await cmf(client, ['log-artifact', 'HEAD', '--input', '-e', id], { expectExit: 'any' });
  assert.match(stderr, /work tree|pointer/);
});

it('a bare repository with linked work trees', async () => {
  const central = await makeCentral();
  const bare = makeTempDirectory('bare');
  await git(['clone', '--quiet', '--bare', central, bare], { cwd: bare });
  const tree = join(makeTempDirectory(), 'tree');
  await git(['worktree', 'add', '--quiet', '-b', 'topic', tree, 'main'], { cwd: bare });
  await cmf(tree, ['init', '--quiet']);
  await tellStory(tree, central);
  assert.is(await digestAt(bare), await digestAt(tree));
});

it("a repository of somebody else is refused in git's own words", async () => {
  const site = await makeSite(await makeCentral());
  const foreign = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  for (const args of [['status'], ['start', '-p', 'p', '-s', 's'], ['push']]) {
    const { stderr } = await cmf(site, args, { expectExit: 3, env: foreign });
    assert.match(stderr, /dubious ownership/);
    assert.match(stderr, /hint: .*git config --global --add safe\.directory /);
  }
});

it('a remote of somebody else is explained as well', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await recordRun(site);
  // upload-pack and receive-pack judge the owner; the program that starts them does not see this variable.
  const wrapped = join(makeTempDirectory(), 'pack');
  for (const [name, key] of [
    ['git-upload-pack', 'uploadpack'],
    ['git-receive-pack', 'receivepack'],
  ] as const) {
    writeFileSync(`${wrapped}-${name}`, `#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec ${name} "$@"\n`, {
      mode: 0o755,
    });
    await git(['config', `remote.origin.${key}`, `${wrapped}-${name}`], { cwd: site });
  }
  for (const command of ['push', 'pull']) {
    const { stderr, exitCode } = await cmf(site, [command], { expectExit: 'any' });
    // Newer versions of git let anybody read.
    if (command === 'pull' && exitCode === 0) continue;
    assert.is(exitCode, 3);
    assert.match(stderr, /dubious ownership/);
    assert.match(stderr, /hint: git config --global --add safe\.directory /);
  }
});

it('in a repository that a group shares, others record, and the owner of the key sends it', async () => {
  const central = await makeCentral();
  const site = makeTempDirectory('site');
  await git(['clone', '--quiet', central, site], { cwd: site });
  await git(['config', 'core.sharedRepository', 'group'], { cwd: site });
  await runSealed('sh', ['-c', 'umask 022 && git cmf init -q && git cmf start -p p -s s && git cmf log-metric a=1'], {
    cwd: site,
    env: cmfEnv(),
  });
  const modeOf = (name: string) => (statSync(join(site, '.git/cmf', name)).mode & 0o777).toString(8);
  assert.equal(['', 'wal', 'running', 'lock'].map(modeOf), ['775', '775', '775', '775']);
  assert.equal(['key', 'clock', 'writer.json'].map(modeOf), ['600', '664', '664']);
  assert.equal([...new Set(readdirSync(join(site, '.git/cmf/wal')).map((name) => modeOf(`wal/${name}`)))], ['664']);

  // To another user of the group the key is what it is to nobody here without its mode.
  chmodSync(join(site, '.git/cmf/key'), 0);
  const finish = await cmfAsOrdinaryUser(site, ['finish']);
  assert.match(
    finish.stderr,
    /^warning: what was recorded is safe; .*cmf\/key: permission denied; only who can read this key/m,
  );
  const push = await cmfAsOrdinaryUser(site, ['push'], { expectExit: 3 });
  assert.match(
    push.stderr,
    /^hint: whoever ran git cmf init here sends your records too, with git cmf push; or record in/m,
  );
  assert.match((await cmfAsOrdinaryUser(site, ['doctor'], { expectExit: 1 })).stdout, /only who can read this key/);
  chmodSync(join(site, '.git/cmf/key'), 0o600);
  await cmf(site, ['push', '--quiet']);
  await settle(central);
  assert.is(await digestAt(central), await digestAt(site));
});

it.run();
