import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldLineEnds, isDvcText } from '../../src/domain/dvc-dos2unix.ts';

const test = suite('dvc-dos2unix');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('text is what has no NUL and few odd bytes in its first 512', () => {
  assert.ok(isDvcText(bytes('')));
  assert.ok(isDvcText(bytes('a\r\n\t\f\b')));
  assert.not.ok(isDvcText(bytes('a\0')));
  assert.ok(isDvcText(bytes('\xff\xff\xffabcdefg')));
  assert.not.ok(isDvcText(bytes('\xff\xff\xff\xffabcdef')));
  assert.not.ok(isDvcText(bytes('\v')));
  assert.ok(isDvcText(bytes(`${'a'.repeat(512)}\0`)));
});

test('only a CR before an LF goes', () => {
  assert.is(Buffer.from(foldLineEnds(bytes('a\r\nb\rc\n\r\r\n\r'))).toString(), 'a\nb\rc\n\r\n\r');
});

test.run();
