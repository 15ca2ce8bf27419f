import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseByteSize } from '../../src/domain/byte-size.ts';

const test = suite('byte-size');

test('reads sizes as git does', () => {
  assert.is(parseByteSize('0'), 0);
  assert.is(parseByteSize('4096'), 4096);
  assert.is(parseByteSize('200k'), 204_800);
  assert.is(parseByteSize('50M'), 52_428_800);
  assert.is(parseByteSize('2g'), 2_147_483_648);
  assert.is(parseByteSize('1T'), 1_099_511_627_776);
});

test('refuses everything else', () => {
  for (const text of ['', 'M', '-1', '1.5G', '50MB', '50 M', '0x10', '1e3', '9999999999999999', '999999999999999T']) {
    assert.is(parseByteSize(text), undefined, text);
  }
});

test.run();
