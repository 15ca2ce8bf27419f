import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { locate } from '../../../src/adapters/nodegit/locate.ts';
import { git, makeCommit, makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: where the repository is');

it('is what git says, from below, from inside and in a linked work tree', async () => {
  const main = await makeRepository();
  await makeCommit(main, { f: 'x' });
  const linked = join(makeTempDirectory('linked'), 'tree');
  await git(['worktree', 'add', '--quiet', linked], { cwd: main });
  const below = join(main, 'a/b');
  mkdirSync(below, { recursive: true });
  const bare = await makeRepository({ bare: true });
  for (const folder of [main, below, join(main, '.git'), linked, bare, join(bare, 'refs')]) {
    const args = ['rev-parse', '--path-format=absolute', '--git-dir', '--git-common-dir'];
    const [gitDir, commonDir] = (await git(args, { cwd: folder })).stdout.split('\n');
    const located = locate(folder, sealedEnv());
    assert.equal([located?.gitDir, located?.commonDir], [gitDir, commonDir], folder);
  }
  assert.is(locate(linked, sealedEnv())?.link, join(linked, '.git'));
});

it('obeys GIT_DIR and GIT_CEILING_DIRECTORIES', async () => {
  const main = await makeRepository();
  const below = join(main, 'a/b');
  mkdirSync(below, { recursive: true });
  assert.is(locate(below, sealedEnv({ GIT_CEILING_DIRECTORIES: main })), undefined);
  assert.is(locate(below, sealedEnv({ GIT_DIR: '../../.git' }))?.gitDir, join(main, '.git'));
  assert.is(locate(makeTempDirectory(), sealedEnv()), undefined);
  assert.is(locate('/does/not/exist', sealedEnv()), undefined);
});

it.run();
