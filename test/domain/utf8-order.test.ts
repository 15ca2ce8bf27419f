import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareUtf8 } from '../../src/domain/utf8-order.ts';

const test = suite('utf8-order');

test('texts compare as their UTF-8 bytes do', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('a', '/', '\u00e9', '\ufb01', '\u{10000}', '\u{1f600}'),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.is(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('a character above U+FFFF comes after all of the plane below', () => {
  assert.equal(['\u{10000}', '\ufb01', '\ue000', 'z'].sort(compareUtf8), ['z', '\ue000', '\ufb01', '\u{10000}']);
});

test.run();
