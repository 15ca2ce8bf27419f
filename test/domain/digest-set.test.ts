import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDigestSet } from '../../src/domain/digest-set.ts';

const test = suite('digest-set');

test('holds each digest once; the kind counts', () => {
  const set = createDigestSet([{ kind: 'md5', value: 'a' }]);
  set.add({ kind: 'md5', value: 'a' });
  set.add({ kind: 'md5-dir', value: 'a' });
  assert.equal(
    [...set.values()].map(({ kind }) => kind),
    ['md5', 'md5-dir'],
  );
  assert.ok(set.has({ kind: 'md5-dir', value: 'a' }));
  assert.not.ok(set.has({ kind: 'md5', value: 'b' }));
});

test.run();
