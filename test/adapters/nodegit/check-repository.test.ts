import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkBare, checkEnvironment, checkRepository } from '../../../src/adapters/nodegit/check-repository.ts';
import type { FoundSetting } from '../../../src/adapters/nodegit/settings.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const gitDir = makeTempDirectory('git-dir');
const located = { gitDir, commonDir: gitDir, link: undefined };
const ME = process.geteuid?.() ?? 0;

function settings(key: string, value: string, scope: FoundSetting['scope'] = 'repository'): FoundSetting[] {
  return [{ key, value, scope }];
}

const it = suite('nodegit: which repositories are opened');

it('refuses what libgit2 0.28 reads past', () => {
  checkRepository(located, settings('core.repositoryformatversion', '0'), [ME]);
  checkRepository(located, settings('core.sharedrepository', 'umask'), [ME]);
  const refused = [
    ['core.repositoryformatversion', '1'],
    ['extensions.worktreeconfig', 'true'],
    ['remote.origin.promisor', 'true'],
    ['core.sharedrepository', 'group'],
  ] as const;
  for (const [key, value] of refused) {
    assert.throws(
      () => checkRepository(located, settings(key, value), [ME]),
      (error: Error & { code: string; hint: string }) =>
        error.code === 'environment' && error.hint.includes('--unset cmf.gitBackend'),
      key,
    );
  }
});

it('refuses a foreign owner’s, unless the user said that it is safe', () => {
  const others = [ME + 1];
  assert.throws(() => checkRepository(located, [], others), /dubious ownership/);
  assert.throws(() => checkRepository(located, settings('safe.directory', '*'), others), /dubious ownership/);
  checkRepository(located, settings('safe.directory', '*', 'user'), others);
  checkRepository(located, settings('safe.directory', gitDir, 'user'), others);
  const reset = [...settings('safe.directory', '*', 'user'), ...settings('safe.directory', '', 'user')];
  assert.throws(() => checkRepository(located, reset, others), /dubious ownership/);
});

it('refuses variables that it does not obey, and bare repositories that were not named', () => {
  checkEnvironment({ GIT_DIR: '.git' });
  assert.throws(() => checkEnvironment({ GIT_WORK_TREE: '/x' }), /GIT_WORK_TREE/);
  const explicit = settings('safe.barerepository', 'explicit', 'user');
  assert.throws(() => checkBare(true, explicit, {}), /bare repository/);
  checkBare(true, explicit, { GIT_DIR: '.' });
  checkBare(false, explicit, {});
});

it.run();
