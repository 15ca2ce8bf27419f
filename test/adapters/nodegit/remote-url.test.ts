import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configuredUrl, placeOf, remoteNames } from '../../../src/adapters/nodegit/remote-url.ts';
import type { FoundSetting } from '../../../src/adapters/nodegit/settings.ts';

function settings(...pairs: readonly (readonly [key: string, value: string])[]): FoundSetting[] {
  return pairs.map(([key, value]) => ({ key, value, scope: 'repository' }));
}

const REMOTES = settings(
  ['remote.origin.url', 'hub:spam'],
  ['remote.my.own.url', '../own.git'],
  ['remote.my.own.pushurl', 'https://example.invalid/own'],
  ['url.https://example.invalid/.insteadof', 'hub:'],
  ['url.file:///srv/.pushinsteadof', 'hub:'],
  ['url.file:///longer/.insteadof', 'hub:longer/'],
);

const it = suite('nodegit: URLs of remotes');

it('follow remote.*.url, pushurl, insteadOf and pushInsteadOf', () => {
  assert.equal(remoteNames(REMOTES), ['my.own', 'origin']);
  assert.is(configuredUrl(REMOTES, 'origin', 'fetch'), 'https://example.invalid/spam');
  assert.is(configuredUrl(REMOTES, 'origin', 'push'), 'file:///srv/spam');
  assert.is(configuredUrl(REMOTES, 'my.own', 'push'), 'https://example.invalid/own');
  assert.is(configuredUrl(REMOTES, 'none', 'fetch'), undefined);
  assert.equal(placeOf(REMOTES, {}, 'hub:longer/x', 'fetch'), { kind: 'local', path: '/longer/x' });
  assert.equal(placeOf(REMOTES, {}, 'my.own', 'fetch'), { kind: 'local', path: '../own.git' });
  assert.equal(placeOf([], {}, 'file:///a%20b', 'fetch'), { kind: 'local', path: '/a b' });
});

it('are refused where git would use what libgit2 does not have', () => {
  for (const url of ['git@example.invalid:x', 'ssh://example.invalid/x', 'git://example.invalid/x', 'ext::sh']) {
    assert.throws(() => placeOf([], {}, url, 'fetch'), /cannot reach a remote through/, url);
  }
  const web = 'https://example.invalid/x';
  assert.equal(placeOf([], {}, web, 'push'), { kind: 'web', url: web });
  assert.throws(() => placeOf(settings(['http.extraheader', 'x: y']), {}, web, 'fetch'), /http\.extraheader/);
  assert.throws(() => placeOf([], { https_proxy: 'http://proxy.invalid' }, web, 'fetch'), /https_proxy/);
  assert.throws(() => placeOf(settings(['remote.x.url', web], ['remote.x.url', web]), {}, 'x', 'push'), /2 URLs/);
  assert.throws(() => placeOf(settings(['protocol.file.allow', 'never']), {}, '/x', 'fetch'), /not allowed/);
  assert.throws(() => placeOf([], { GIT_ALLOW_PROTOCOL: 'https' }, '/x', 'fetch'), /not allowed/);
});

it.run();
