import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSettings } from '../../../src/adapters/nodegit/settings.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: settings');

it('come from the user’s files and the repository’s, with includes, in git’s order', () => {
  const [home, repository] = [makeTempDirectory('home'), makeTempDirectory('repository')];
  writeFileSync(join(home, '.gitconfig'), '[cmf]\nremote = user\n[include]\npath = more\n[cmf]\nnamespace = n\n');
  writeFileSync(join(home, 'more'), '[cmf]\nremote = included\n');
  writeFileSync(join(repository, 'config'), '[include]\npath = ~/more\n[cmf]\nremote = own\n');
  const env = { HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  const found = readSettings(env, repository).filter(({ key }) => key.startsWith('cmf.'));
  assert.equal(
    found.map(({ key, value, scope }) => `${scope} ${key}=${value}`),
    [
      'user cmf.remote=user',
      'user cmf.remote=included',
      'user cmf.namespace=n',
      'repository cmf.remote=included',
      'repository cmf.remote=own',
    ],
  );
  assert.is(readSettings({ ...env, GIT_CONFIG_GLOBAL: '/dev/null' }, undefined).length, 0);
});

it('that cannot be read are refused, never left out', () => {
  const home = makeTempDirectory('home');
  const env = { HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  writeFileSync(join(home, '.gitconfig'), '[includeIf "gitdir:x"]\npath = y\n');
  assert.throws(() => readSettings(env, undefined), /conditional includes/);
  writeFileSync(join(home, '.gitconfig'), '[include]\npath = .gitconfig\n');
  assert.throws(() => readSettings(env, undefined), /more than 10 includes/);
  writeFileSync(join(home, '.gitconfig'), '');
  assert.throws(() => readSettings({ ...env, GIT_CONFIG_PARAMETERS: "'a.b'='c'" }, undefined), /git -c/);
});

it.run();
