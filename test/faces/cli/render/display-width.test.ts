import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { displayWidth, fitWidth } from '../../../../src/faces/cli/render/display-width.ts';

const it = suite('display-width');

const WIDTHS: readonly (readonly [text: string, width: number])[] = [
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['日本', 4],
  ['한글', 4],
  ['ｱ', 1],
  ['Ａ', 2],
  ['😀', 2],
  ['👩‍🔬', 2],
  ['🇳🇴', 2],
  ['❤️', 2],
  ['✓', 1],
  ['𠀀', 2],
  ['\u0301', 0],
];

for (const [text, width] of WIDTHS) {
  it(`counts ${width} columns for ${JSON.stringify(text)}`, () => assert.is(displayWidth(text), width));
}

it('cuts between characters, and shows that it did', () => {
  assert.is(fitWidth('abcdef', 6), 'abcdef');
  assert.is(fitWidth('abcdef', 4), 'abc…');
  assert.is(fitWidth('日本語', 4), '日…');
  assert.is(fitWidth('👩‍🔬👩‍🔬👩‍🔬', 5), '👩‍🔬👩‍🔬…');
  assert.is(fitWidth('ab', 1), '…');
  assert.is(fitWidth('ab', 0), '');
});

it('never gives more than there is room for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(12), (text, columns) => {
      assert.ok(displayWidth(fitWidth(text, columns)) <= columns);
    }),
  );
});

it.run();
