import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
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

test('numbers stay in the order in which digests came, whatever their shape', () => {
  const digests = Array.from({ length: 1000 }, (_, i) =>
    i % 10 === 0 ? { kind: 'etag', value: `"${i}"` } : { kind: 'md5', value: md5Hex(`${i}`) },
  );
  const set = createDigestSet([...digests, ...digests]);
  assert.is(set.size, 1000);
  assert.equal([...set], digests);
  assert.equal(
    digests.map((digest) => set.find(digest)),
    digests.map((_, i) => i),
  );
  assert.is(set.find({ kind: 'md5-dir', value: md5Hex('1') }), -1);
  assert.is(set.find({ kind: 'md5', value: md5Hex('1').toUpperCase() }), -1);
});

test('many names that were made to want one place are found all the same', () => {
  const digests = Array.from({ length: 3000 }, (_, i) => ({
    kind: 'md5',
    value: '0'.repeat(24) + i.toString(16).padStart(8, '0'),
  }));
  const set = createDigestSet(digests);
  assert.is(set.size, 3000);
  assert.equal([...createDigestSet([...set, ...digests])], digests);
  assert.is(set.find(digests[2999] as (typeof digests)[0]), 2999);
  assert.is(set.find({ kind: 'md5', value: '0'.repeat(24) + 'f'.repeat(8) }), -1);
});

test.run();
