import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { abbreviate } from '../../src/domain/abbreviate.ts';

const it = suite('abbreviate');

it('keeps the least length where that tells ids apart', () => {
  assert.equal([...abbreviate(['aaaabbbb', 'ccccdddd'], 4).values()], ['aaaa', 'cccc']);
});

it('does not end in a dash', () => {
  assert.equal([...abbreviate(['aaaa-b', 'cccc-d'], 5).values()], ['aaaa-b', 'cccc-d']);
});

it('gives each id a beginning that fits no other', () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[ab]{4}-[abc]{4}$/), { maxLength: 20 });
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 6 }), (all, length) => {
      for (const [id, short] of abbreviate(all, length)) {
        assert.ok(short.length >= length);
        assert.equal(
          all.filter((one) => one.startsWith(short)),
          [id],
        );
      }
    }),
  );
});

it.run();
