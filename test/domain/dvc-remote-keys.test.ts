import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isSecretKey, knownKeys, settingProblem } from '../../src/domain/dvc-remote-keys.ts';

const test = suite('dvc-remote-keys');

test('a key belongs to a kind', () => {
  assert.is(settingProblem('s3', 'endpointurl', 'x'), undefined);
  for (const key of ['endpointurl', '__proto__', 'constructor', 'url']) {
    assert.match(settingProblem('ssh', key, 'x') ?? '', /no key that DVC knows/);
  }
  assert.ok(knownKeys('folder').includes('type'));
});

for (const [key, good, bad] of [
  ['use_ssl', ['true', 'False'], ['yes', '1', '']],
  ['jobs', ['1', '16'], ['0', '-1', '1.5', 'x']],
  ['connect_timeout', ['0', '60'], ['-1', '1s']],
] as const) {
  test(`the values of ${key}`, () => {
    for (const value of good) assert.is(settingProblem('s3', key, value), undefined, value);
    for (const value of bad) assert.match(settingProblem('s3', key, value) ?? '', /^takes /, value);
  });
}

test('links, ports and groups', () => {
  assert.is(settingProblem('folder', 'type', 'reflink, copy'), undefined);
  assert.match(settingProblem('folder', 'type', 'clone') ?? '', /reflink/);
  assert.is(settingProblem('ssh', 'port', '65535'), undefined);
  assert.match(settingProblem('ssh', 'port', '65536') ?? '', /65535/);
  assert.match(settingProblem('folder', 'shared', 'all') ?? '', /group/);
});

test('what lets somebody in is a secret', () => {
  for (const key of ['access_key_id', 'secret_access_key', 'session_token', 'password']) assert.ok(isSecretKey(key));
  for (const key of ['profile', 'user', 'keyfile', 'credentialpath']) assert.not(isSecretKey(key));
});

test.run();
