import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deleteRefs } from '../../../src/adapters/nodegit/packed-refs.ts';
import { git, makeCommit, makeRepository } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: packed refs');

it('lose exactly the named ones', async () => {
  const directory = await makeRepository();
  const commit = await makeCommit(directory, { f: 'x' });
  for (const name of ['a', 'a-b', 'é', 'z']) await git(['update-ref', `refs/x/${name}`, commit], { cwd: directory });
  await git(['tag', '-m', 'annotated', 'v1'], { cwd: directory });
  await git(['pack-refs', '--all'], { cwd: directory });
  const gitDir = join(directory, '.git');
  await git(['update-ref', 'refs/x/loose', commit], { cwd: directory });
  await deleteRefs(gitDir, new Set(['refs/x/loose', 'refs/x/a', 'refs/x/é', 'refs/tags/v1', 'refs/x/none']));
  const { stdout } = await git(['for-each-ref', '--format=%(refname)'], { cwd: directory });
  assert.is(stdout, 'refs/heads/main\nrefs/x/a-b\nrefs/x/z\n');
  assert.is(existsSync(join(gitDir, 'packed-refs.lock')), false);
  const before = readFileSync(join(gitDir, 'packed-refs'), 'utf8');
  await deleteRefs(gitDir, new Set(['refs/x/none']));
  assert.is(readFileSync(join(gitDir, 'packed-refs'), 'utf8'), before);
});

it('wait for another process’s lock', async () => {
  const directory = await makeRepository();
  const commit = await makeCommit(directory, { f: 'x' });
  await git(['update-ref', 'refs/x/a', commit], { cwd: directory });
  await git(['pack-refs', '--all'], { cwd: directory });
  const lock = join(directory, '.git/packed-refs.lock');
  writeFileSync(lock, '');
  let isReleased = false;
  const removal = deleteRefs(join(directory, '.git'), new Set(['refs/x/a'])).then(() => assert.ok(isReleased));
  await new Promise((resolve) => setImmediate(resolve));
  isReleased = true;
  rmSync(lock);
  await removal;
  assert.is((await git(['for-each-ref', 'refs/x'], { cwd: directory })).stdout, '');
});

it.run();
