import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  remoteWithoutCredentials,
  textWithoutCredentials,
  withoutCredentials,
} from '../../src/domain/without-credentials.ts';

const test = suite('without credentials');

const URLS = [
  ['https://me:secret@example.invalid/x.git', 'https://example.invalid/x.git'],
  ['https://token@example.invalid:8443/x', 'https://example.invalid:8443/x'],
  ['https://me:p@ss@example.invalid/x', 'https://example.invalid/x'],
  ['https://:secret@example.invalid', 'https://example.invalid'],
  ['https://me:a b"c\n@example.invalid?q=1', 'https://example.invalid?q=1'],
  ['HTTPS://me:s3cret@example.invalid', 'HTTPS://example.invalid'],
  ['git+ssh://me:secret@[::1]:22/x', 'git+ssh://[::1]:22/x'],
  ['ssh://git@example.invalid/x', 'ssh://example.invalid/x'],
  ['https://example.invalid/a@b', 'https://example.invalid/a@b'],
  ['https://example.invalid?mail=a@b', 'https://example.invalid?mail=a@b'],
  ['https://example.invalid#a@b', 'https://example.invalid#a@b'],
  ['file:///home/me@work/x', 'file:///home/me@work/x'],
  ['/home/me@work/x', '/home/me@work/x'],
  ['data/a://b@c', 'data/a://b@c'],
] as const;

for (const [url, expected] of URLS) {
  test(`URL ${JSON.stringify(url)}`, () => {
    assert.is(withoutCredentials(url), expected);
    assert.is(remoteWithoutCredentials(url), expected);
    assert.is(withoutCredentials(expected), expected, 'once is enough');
  });
}

const REMOTES = [
  ['git@example.invalid:team/x.git', 'example.invalid:team/x.git'],
  ['me:secret@example.invalid:x', 'me:secret@example.invalid:x'],
  ['example.invalid:x', 'example.invalid:x'],
  ['../a@b:c', '../a@b:c'],
  ['origin', 'origin'],
] as const;

for (const [url, expected] of REMOTES) {
  test(`remote ${url}`, () => {
    assert.is(remoteWithoutCredentials(url), expected);
    assert.is(withoutCredentials(url), url, 'it may be a path');
  });
}

const TEXTS = [
  ['https://me:p@ss@example.invalid/x', 'https://example.invalid/x'],
  ['https://me:a b@example.invalid/x', 'https://example.invalid/x'],
  ['--from=s3://key:secret@bucket/x', '--from=s3://bucket/x'],
  ['curl https://a:b@one/x https://c:d@two/y', 'curl https://one/x https://two/y'],
  ['wget "https://a:b@one" me@home', 'wget "https://one" me@home'],
  ['{"url":"https://one","mail":"me@home"}', '{"url":"https://one","mail":"me@home"}'],
  ["fatal: unable to access 'https://u:p@ss@host/x/': gone", "fatal: unable to access 'https://host/x/': gone"],
  ['mail me@home', 'mail me@home'],
  ['//a@b', '//a@b'],
] as const;

for (const [text, expected] of TEXTS) {
  test(`text ${text}`, () => assert.is(textWithoutCredentials(text), expected));
}

test('a long text takes no time to speak of', () => {
  const long = `${'a'.repeat(200_000)}${'x://'.repeat(50_000)}`;
  assert.is(textWithoutCredentials(long), long);
});

test.run();
