import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseKeepRule } from '../../src/domain/keep-rule.ts';

const test = suite('keep-rule');
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

test('an age', () => {
  assert.equal(parseKeepRule('0d'), { kind: 'age', ms: 0 });
  assert.equal(parseKeepRule('90m'), { kind: 'age', ms: 5_400_000 });
  assert.equal(parseKeepRule('12h'), { kind: 'age', ms: 43_200_000 });
  assert.equal(parseKeepRule('2w'), { kind: 'age', ms: 1_209_600_000 });
});

test('a digest that names an object', () => {
  for (const kind of ['md5', 'md5-dir', 'md5-dos2unix', 'md5-dos2unix-dir']) {
    assert.equal(parseKeepRule(`${kind}:${MD5}`), { kind: 'digest', digest: { kind, value: MD5 } });
  }
});

test('nothing else', () => {
  for (const text of ['', '14', '14y', '-1d', '1.5d', 'md5:', `md5:${MD5}0`, `blake3:${MD5}${MD5}`, `sha1:${MD5}`]) {
    assert.is(parseKeepRule(text), undefined, text);
  }
});

test.run();
