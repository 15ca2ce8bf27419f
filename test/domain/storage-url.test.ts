import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseStorageUrl, typedStorageUrl } from '../../src/domain/storage-url.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('storage-url');

const ssh = { kind: 'ssh', host: 'h', user: undefined, port: undefined, path: '/a/b' } as const;

for (const [url, address] of [
  ['/a/b', { kind: 'folder', path: '/a/b' }],
  ['ssh://h/a/b', ssh],
  ['ssh://me@h:22/a/b/', { ...ssh, user: 'me', port: 22 }],
  ['SSH://[::1]/a/b', { ...ssh, host: '::1' }],
  ['ssh://h', { ...ssh, path: '' }],
  ['s3://bucket/a/b/', { kind: 's3', bucket: 'bucket', prefix: 'a/b' }],
  ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
  ['gs://bucket/a', { kind: 'other', scheme: 'gs' }],
] as const) {
  test(`reads ${url}`, () => assert.equal(parseStorageUrl(url), address));
}

for (const [url, words] of [
  ['file:///a', /wants the plain path/],
  ['ssh://me:pw@h/a', /^refused: ssh:\/\/h\/a has a password/],
  ['ssh://-oProxyCommand=x/a', /begins with -/],
  ['ssh://-l@h/a', /begins with -/],
  ['ssh://h:0/a', /port/],
  ['ssh:///a', /names no host/],
  ['ssh://h/a?b', /\? or #/],
  ['s3:///a', /names no bucket/],
  ['s3://bucket/a//b', /empty part/],
  ['s3://bucket/../b', /empty part/],
  ['ssh://h/a\nb', /control characters/],
] as const) {
  test(`refuses ${JSON.stringify(url)}`, () =>
    assert.match(
      errorOf(() => parseStorageUrl(url)),
      words,
    ));
}

test('what was typed is taken as it is, or refused with the right spelling', () => {
  for (const typed of ['../x', '/x', 'x', 's3://bucket/x', 'ssh://h/x', './a:b']) {
    assert.is(typedStorageUrl(typed), typed);
  }
  assert.match(
    errorOf(() => typedStorageUrl('me@h:x')),
    /^usage: DVC would take 'me@h:x' for a folder/,
  );
  assert.match(
    errorOf(() => typedStorageUrl('ssh://h/')),
    /names no folder/,
  );
  assert.match(
    errorOf(() => typedStorageUrl('gs://b/x')),
    /does not reach gs/,
  );
  assert.match(
    errorOf(() => typedStorageUrl('')),
    /no URL/,
  );
});

test.run();
