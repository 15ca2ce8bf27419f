import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { locate } from '../../../src/adapters/nodegit/locate.ts';
import { readSettings } from '../../../src/adapters/nodegit/settings.ts';
import { worktreeOf } from '../../../src/adapters/nodegit/worktree-of.ts';
import { git, makeCommit, makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: the work tree');

it('is where git says, or nowhere', async () => {
  const main = await makeRepository();
  await makeCommit(main, { f: 'x' });
  const linked = join(makeTempDirectory('linked'), 'tree');
  await git(['worktree', 'add', '--quiet', linked], { cwd: main });
  const separate = makeTempDirectory('separate');
  const elsewhere = join(makeTempDirectory('elsewhere'), 'git-dir');
  await git(['init', '--quiet', `--separate-git-dir=${elsewhere}`], { cwd: separate });
  const named = await makeRepository();
  await git(['config', 'core.worktree', '../../named'], { cwd: named });
  for (const folder of [main, linked, separate]) {
    assert.is(found(folder), (await git(['rev-parse', '--show-toplevel'], { cwd: folder })).stdout.trim());
  }
  assert.is(found(named), join(named, '../named'));
  assert.is(found(await makeRepository({ bare: true })), undefined);
});

it.run();

function found(folder: string): string | undefined {
  const located = locate(folder, sealedEnv());
  if (located === undefined) throw new Error(`no repository at ${folder}`);
  return worktreeOf(located, readSettings(sealedEnv(), located.commonDir));
}
