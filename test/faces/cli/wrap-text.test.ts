import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wrapText } from '../../../src/faces/cli/wrap-text.ts';

const it = suite('cli: wrapping help');

it('breaks at spaces, and continues with the indent', () => {
  assert.is(wrapText('usage: git cmf try A B', 14, '  '), 'usage: git cmf\n  try A B');
  assert.is(wrapText('one two', 7), 'one two');
  assert.is(wrapText('', 7), '');
});

it('leaves examples and words that are too long as they are', () => {
  assert.is(wrapText('  an example that is long\ntext', 10), '  an example that is long\ntext');
  assert.is(wrapText('a https://example.org/path b', 10), 'a\nhttps://example.org/path\nb');
});

it.run();
