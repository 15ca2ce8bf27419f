import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { interpolate } from '../../src/domain/dvc-config-interpolation.ts';
import { parseConfigText } from '../../src/domain/dvc-config-text.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('dvc-config-interpolation');

function read(lines: string): unknown {
  const [section] = parseConfigText(`[a]\n${lines}`, 'config');
  const entry = section?.entries[0];
  if (section === undefined || entry === undefined) throw new Error('no entry');
  return interpolate(section, entry.key, entry.value, 'config');
}

test('puts the values of other keys in, also within them and in lists', () => {
  assert.is(read('x = %(y)s/%(z)s\ny = 1%(z)s\nz = 2\n'), '12/2');
  assert.equal(read('x = "%(y)s", b\ny = a\n'), ['a', 'b']);
  assert.is(read('x = 100% (y)s %(y)d\n'), '100% (y)s %(y)d');
});

test('refuses what leads nowhere, or back', () => {
  assert.is(
    errorOf(() => read('x = %(y)s\n')),
    'damaged: config, x: %(y)s names no key',
  );
  assert.is(
    errorOf(() => read('x = %(y)s\ny = %(x)s\n')),
    'damaged: config, x: %(x)s leads back to itself',
  );
});

test('a few lines do not make a long value', () => {
  const keys = Array.from({ length: 40 }, (_, i) => `k${i} = ${`%(k${i + 1})s`.repeat(9)}\n`).join('');
  assert.match(
    errorOf(() => read(`${keys}k40 = x\n`)),
    /grows too long/,
  );
  assert.is(read(`${keys}k40 = ''\n`), '');
});

test.run();
