import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedPiece, sharedText } from '../../src/domain/shared-text.ts';

const sharing = suite('sharedText');

sharing('gives back the same text, whatever was asked before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('a', 'aa', ''))),
      (texts) => {
        for (const text of texts) assert.is(sharedText(text), text);
      },
    ),
  );
});

sharing('tells texts apart that share a slot', () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `${i} ends alike`);
  for (const text of [...texts, ...texts]) assert.is(sharedText(text), text);
});

sharing('gives back the same piece of a text', () => {
  const whole = Array.from({ length: 5000 }, (_, i) => `${i}`.padStart(20, 'x')).join('');
  for (let at = 0; at < whole.length; at += 20) {
    const piece = whole.slice(at, at + 20);
    assert.is(sharedPiece(piece), piece);
    assert.is(sharedText(piece), piece);
  }
});

sharing.run();
