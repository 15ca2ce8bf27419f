import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { visible, visibleJson } from '../../src/domain/visible.ts';

const it = suite('visible');

const CASES: readonly (readonly [text: string, expected: string])[] = [
  ['plain ✓ 日本 👩‍🔬', 'plain ✓ 日本 👩‍🔬'],
  ['a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['\x1b[31mred', '\\x1b[31mred'],
  ['\x00\x7f\x9b', '\\x00\\x7f\\x9b'],
  ['ab\u202ecd\u2066', 'ab\\u202ecd\\u2066'],
  ['a\u2028b\u200bc\ufeff', 'a\\u2028b\\u200bc\\ufeff'],
  ['a\u{e0041}', 'a\\u{e0041}'],
  ['a\ud800b', 'a\\ud800b'],
];

for (const [text, expected] of CASES) {
  it(`shows ${JSON.stringify(text)}`, () => assert.is(visible(text), expected));
}

it('leaves nothing that it would change again', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.is(visible(visible(text)), visible(text))));
});

it('keeps what JSON means', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = visibleJson(JSON.stringify(text));
      assert.is(JSON.parse(json), text);
      assert.is(visible(json), json);
    }),
  );
  assert.is(visibleJson(JSON.stringify('\u{e0041}')), '"\\udb40\\udc41"');
});

it.run();
