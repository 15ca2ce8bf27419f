import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, objectsOf, summarise } from '../../src/app/artifact-transfer.ts';
import type { Storage } from '../../src/domain/storage.ts';
import { keyOfDigest } from '../../src/domain/wanted-artifact.ts';

const it = suite('app: what became of artifacts');

const STORAGE: Storage = {
  name: 'shelf',
  url: '/shelf',
  address: { kind: 'folder', path: '/shelf' },
  settings: new Map(),
  level: 'repository',
  isDefault: true,
};
const DIGEST = { kind: 'md5', value: 'd3b07384d113edec49eaa6238ad5ff00' };

function failed(isSent: boolean) {
  const objects = objectsOf({ path: 'model', digest: DIGEST, isSent }, () => []);
  const outcome = { kind: 'failed', reason: 'it is not there', hint: 'wait' } as const;
  return failureOf([summarise(STORAGE, [objects], new Map([[keyOfDigest(DIGEST), outcome]]))], 'come');
}

it('what is missing may still be sent, unless its pointer keeps it out of storages', () => {
  assert.is(failed(true)?.hint, 'wait');
  assert.match(failed(false)?.hint ?? '', /what was imported comes with dvc pull$/);
  assert.is(failed(false)?.message, '1 artifact did not come as a whole');
});

it.run();
