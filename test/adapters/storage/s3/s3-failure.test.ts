import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { s3Failure } from '../../../../src/adapters/storage/s3/s3-failure.ts';
import { noSuchObject } from '../../../../src/domain/storage-failure.ts';

const test = suite('s3-failure');

const PLACE = { bucket: 'lake', where: 'http://minio:9000', storage: 'team' };

function thrown(name: string, status?: number, more: object = {}): Error {
  return Object.assign(new Error('words'), { name, $metadata: { httpStatusCode: status }, ...more });
}

for (const [error, code, passes, words] of [
  [thrown('InternalError', 500), 'environment', true, /answers 500 InternalError/],
  [thrown('SlowDown', 503), 'environment', true, /503 SlowDown/],
  [thrown('Unknown', 429), 'environment', true, /429/],
  [thrown('RequestTimeout', 400), 'environment', true, /RequestTimeout/],
  [thrown('BadDigest', 400), 'environment', true, /BadDigest/],
  [thrown('NotImplemented', 501), 'environment', false, /words/],
  [thrown('InsufficientStorage', 507), 'environment', false, /the storage is full/],
  [thrown('NoSuchBucket', 404), 'environment', false, /no such bucket/],
  [thrown('AccessDenied', 403), 'refused', false, /refuses \(403\)/],
  [thrown('ExpiredToken', 400), 'refused', false, /ExpiredToken/],
  [thrown('RequestTimeTooSkewed', 403), 'environment', false, /clock is wrong/],
  [thrown('CredentialsProviderError'), 'environment', false, /no access keys/],
  [
    thrown('Error', undefined, { code: 'ECONNRESET' }),
    'environment',
    true,
    /no line to http:\/\/minio:9000: ECONNRESET/,
  ],
  [thrown('TimeoutError', undefined, { code: 'ECONNRESET' }), 'environment', true, /no line to/],
  [thrown('Error', undefined, { code: 'ENOTFOUND' }), 'environment', false, /is not known/],
  [Object.assign(new Error('aborted'), { name: 'Error' }), 'environment', true, /ECONNRESET/],
  [new Error('x', { cause: thrown('Error', undefined, { code: 'EPIPE' }) }), 'environment', true, /EPIPE/],
] as const) {
  test(`${error.name} ${JSON.stringify(error)}`, () => {
    const failure = s3Failure(error, PLACE);
    assert.is(failure.code, code);
    assert.is(failure.retryable, passes);
    assert.match(failure.message, words);
    assert.ok(failure.hint);
  });
}

test('what is one already stays', () => {
  const failure = noSuchObject('x');
  assert.is(s3Failure(failure, PLACE), failure);
});

test.run();
