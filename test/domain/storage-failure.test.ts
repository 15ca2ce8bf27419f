import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../src/domain/errors.ts';
import { noSuchObject, StorageFailure, sourceChanged, truncated } from '../../src/domain/storage-failure.ts';

const test = suite('storage-failure');

test('is an error like all others, and says whether it may pass', () => {
  assert.instance(new StorageFailure('environment', { message: 'x' }), CmfError);
  assert.not(new StorageFailure('environment', { message: 'x' }).retryable);
  assert.equal(
    [noSuchObject('k'), sourceChanged('/f'), truncated('k', 1, 2)].map(({ code, retryable }) => [code, retryable]),
    [
      ['not-found', false],
      ['conflict', false],
      ['environment', true],
    ],
  );
});

test.run();
