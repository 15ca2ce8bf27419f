import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git } from '../helpers/sealed-git.ts';
import { type GitSubject, type GitSubjectFactory, withSubject } from './git-subject.ts';

/** GitWorktree and the layout: the user's side, read and never written. */
export function gitWorktreeConformance(title: string, make: GitSubjectFactory): void {
  const test = suite(`git worktree: ${title}`);
  const it = (name: string, body: (subject: GitSubject) => Promise<void>): void => {
    test(name, () => withSubject(make, body));
  };

  it('knows where the repository keeps its things', async ({ directory, repository: { layout } }) => {
    const ask = async (...args: string[]) =>
      (await git(['rev-parse', '--path-format=absolute', ...args], { cwd: directory })).stdout.trim();
    assert.is(layout.gitDir, await ask('--git-dir'));
    assert.is(layout.commonDir, await ask('--git-common-dir'));
    assert.is(layout.objectFormat, await ask('--show-object-format'));
    const isBare = (await ask('--is-bare-repository')) === 'true';
    assert.is(layout.worktree, isBare ? undefined : directory);
  });

  it('reads HEAD as it is', async ({ directory, repository: { worktree, layout } }) => {
    const commit = await git(['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd: directory, expectExit: 'any' });
    const branch = await git(['symbolic-ref', '--short', 'HEAD'], { cwd: directory });
    const clean = { commit: commit.stdout.trim() || undefined, branch: branch.stdout.trim(), dirty: false };
    assert.equal(await worktree.head(), clean);
    if (layout.worktree === undefined) return;
    const index = join(layout.gitDir, 'index');
    const indexBefore = readFileSync(index);
    writeFileSync(join(directory, 'untracked'), '');
    assert.equal(await worktree.head(), clean);
    const original = (await git(['show', 'HEAD:code.py'], { cwd: directory })).stdoutBytes;
    writeFileSync(join(directory, 'code.py'), 'changed');
    assert.equal(await worktree.head(), { ...clean, dirty: true });
    writeFileSync(join(directory, 'code.py'), original);
    await git(['clean', '-fdq'], { cwd: directory });
    await git(['checkout', '--quiet', '--detach'], { cwd: directory });
    assert.equal(await worktree.head(), { ...clean, branch: undefined });
    await git(['checkout', '--quiet', branch.stdout.trim()], { cwd: directory });
    // The checkouts of this test, not ours, wrote the new time of code.py into it.
    writeFileSync(index, indexBefore);
  });

  it('knows tracked and ignored paths', async ({ directory, repository: { worktree, layout } }) => {
    const isBare = layout.worktree === undefined;
    writeFileSync(join(layout.commonDir, 'info', 'exclude'), '*.log\n/-dash\n');
    assert.is(await worktree.isTracked(join(directory, 'code.py')), !isBare);
    assert.is(await worktree.isIgnored(join(directory, 'x.log')), !isBare);
    assert.is(await worktree.isIgnored(join(directory, '-dash')), !isBare);
    for (const path of [join(directory, '*.py'), join(directory, 'none'), '/outside/of/it']) {
      assert.is(await worktree.isTracked(path), false);
      assert.is(await worktree.isIgnored(path), false);
    }
  });

  it('lists what an index has, each side of a conflict too', async ({
    directory,
    repository: { worktree, layout },
  }) => {
    const index = join(layout.gitDir, 'index');
    const before = existsSync(index) ? readFileSync(index) : undefined;
    assert.equal(await worktree.indexed(layout.gitDir, ['.dvc']), []);
    const write = (text: string) => git(['hash-object', '-w', '--stdin'], { cwd: directory, input: text });
    const [first, second] = [(await write('1')).stdout.trim(), (await write('2')).stdout.trim()];
    const staged = [
      `100644 ${first} 0\tx.dvc`,
      `100755 ${first} 0\tsub/\xe4 b.dvc`,
      `120000 ${first} 1\tside.dvc`,
      `100644 ${second} 2\tside.dvc`,
      `100644 ${first} 0\tx.dvc.other`,
    ].join('\n');
    await git(['update-index', '--index-info'], { cwd: directory, input: `${staged}\n` });
    assert.equal(await worktree.indexed(layout.gitDir, ['.dvc']), [
      { mode: '120000', path: 'side.dvc', oid: first },
      { mode: '100644', path: 'side.dvc', oid: second },
      { mode: '100755', path: Buffer.from('sub/\xe4 b.dvc').toString('latin1'), oid: first },
      { mode: '100644', path: 'x.dvc', oid: first },
    ]);
    if (before === undefined) rmSync(index);
    else writeFileSync(index, before);
  });

  it('reads and sets configuration', async ({ directory, repository: { worktree } }) => {
    assert.is(await worktree.config('cmf.none'), undefined);
    await worktree.setConfig('cmf.Remote', 'origin');
    await worktree.setConfig('cmf.storage.My.Store.url', '-x y\nz=1');
    await git(['config', '--add', 'cmf.remote', 'second'], { cwd: directory });
    await git(['config', 'cmfx.other', 'no'], { cwd: directory });
    assert.is(await worktree.config('cmf.remote'), 'second');
    const expected = [
      ['cmf.remote', 'second'],
      ['cmf.storage.My.Store.url', '-x y\nz=1'],
    ] as const;
    assert.equal(await worktree.configs('cmf.'), new Map(expected));
    assert.equal(await worktree.configs('nothing.'), new Map());
    assert.is(await worktree.config('core.hooksPath'), undefined);
    assert.equal(await worktree.configAll('cmf.remote'), ['origin', 'second']);
    assert.equal(await worktree.configAll('cmf.none'), []);
  });

  test.run();
}
