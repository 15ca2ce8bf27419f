import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../../src/adapters/git/open-repository.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import type { Oid } from '../../../src/ports/git.ts';
import { rejectsWith } from '../../conformance/git-subject.ts';
import { git, makeCommit, makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const test = suite('open repository');

test('finds the repository from below, and from inside its git directory', async () => {
  const directory = await makeRepository();
  const below = join(directory, 'a', 'b');
  mkdirSync(below, { recursive: true });
  const gitDir = join(directory, '.git');
  const layout = { gitDir, commonDir: gitDir, worktree: directory, objectFormat: 'sha1' };
  assert.equal((await openRepository(below, { env: sealedEnv() })).layout, layout);
  assert.equal((await openRepository(gitDir, { env: sealedEnv() })).layout, { ...layout, worktree: undefined });
});

test('honours the variables that a hook gets', async () => {
  const bare = await makeRepository({ bare: true });
  const layout = { gitDir: bare, commonDir: bare, worktree: undefined, objectFormat: 'sha1' };
  assert.equal((await openRepository(bare, { env: sealedEnv({ GIT_DIR: '.' }) })).layout, layout);
  const directory = await makeRepository();
  const inside = await openRepository(join(directory, '.git'), { env: sealedEnv({ GIT_DIR: '.' }) });
  assert.is(inside.layout.worktree, undefined);
  const elsewhere = await openRepository(makeTempDirectory(), { env: sealedEnv({ GIT_DIR: bare }) });
  assert.is(elsewhere.layout.gitDir, bare);
});

test('is not led astray later by the variables of a hook', async () => {
  const directory = await makeRepository();
  await makeCommit(directory, { f: 'x' });
  const env = sealedEnv({
    GIT_DIR: join(directory, '.git'),
    GIT_WORK_TREE: directory,
    GIT_INDEX_FILE: '/nowhere/index',
  });
  const repository = await openRepository(directory, { env });
  assert.is(await repository.worktree.isTracked(join(directory, 'f')), true);
  assert.is((await repository.worktree.head()).dirty, false);
});

test('sees objects in quarantine only when told so', async () => {
  const directory = await makeRepository({ bare: true });
  const quarantine = makeTempDirectory('quarantine');
  const env = { GIT_OBJECT_DIRECTORY: quarantine, GIT_ALTERNATE_OBJECT_DIRECTORIES: join(directory, 'objects') };
  const stored = await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: 'new', env });
  const blob = stored.stdout.trim() as Oid;
  for (const quarantine of [true, false]) {
    const repository = await openRepository(directory, { env: sealedEnv(env), quarantine });
    assert.is((await repository.objects.info(blob)) !== undefined, quarantine);
    await repository.close();
  }
});

test('says why there is no repository', async () => {
  await rejectsWith('no-repository', openRepository(makeTempDirectory(), { env: sealedEnv() }));
  await rejectsWith('no-repository', openRepository('/does/not/exist', { env: sealedEnv() }));
  const newer = await makeRepository();
  await git(['config', 'core.repositoryFormatVersion', '99'], { cwd: newer });
  const error = await openRepository(newer, { env: sealedEnv() }).catch(String);
  assert.match(String(error), /git refuses the repository at .*version/i);
});

test('tells a repository that is gone, or not to be opened, from one that never was', async () => {
  const said = async (folder: string, env: Record<string, string> = {}): Promise<string> => {
    const error: unknown = await openRepository(folder, { env: sealedEnv(env) }).catch((reason: unknown) => reason);
    assert.instance(error, CmfError);
    const { code, message, hint } = error as CmfError;
    assert.is(code, 'no-repository');
    return `${message}; ${hint}`;
  };
  const lost = makeTempDirectory();
  writeFileSync(join(lost, '.git'), 'gitdir: /nowhere/at/all\n');
  assert.match(await said(lost), /its git folder is gone: \/nowhere\/at\/all; git worktree repair/);
  const bare = await makeRepository({ bare: true });
  const explicit = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.bareRepository', GIT_CONFIG_VALUE_0: 'explicit' };
  assert.match(await said(bare, explicit), /GIT_DIR=PATH/);
  assert.is((await openRepository(bare, { env: sealedEnv({ ...explicit, GIT_DIR: bare }) })).layout.gitDir, bare);
  const newer = await makeRepository();
  await git(['config', 'core.repositoryFormatVersion', '1'], { cwd: newer });
  await git(['config', 'extensions.dream', 'true'], { cwd: newer });
  assert.match(await said(newer), /unknown repository extensions? found: dream; a newer git may know it/);
});

test('takes git’s word for a repository of a foreign owner', async () => {
  const directory = await makeRepository();
  const env = sealedEnv({ GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
  const error = await openRepository(directory, { env }).then(
    () => undefined,
    (reason: Error & { hint?: string }) => reason,
  );
  assert.match(error?.message ?? '', /dubious ownership/);
  assert.match(error?.hint ?? '', /safe\.directory/);
});

test('gives real absolute paths', async () => {
  const directory = await makeRepository();
  const { layout } = await openRepository(directory, { env: sealedEnv() });
  assert.is(realpathSync(layout.gitDir), layout.gitDir);
});

test.run();
