import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomPool } from '../../../src/adapters/process/random-pool.ts';

const it = suite('adapters: random bytes');

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it('gives as many as were asked for, and none of them twice', () => {
  const draw = randomPool();
  const drawn = Array.from({ length: 5000 }, () => draw(8));
  for (const bytes of drawn) assert.is(bytes.length, 8);
  assert.is(new Set(drawn.map(hex)).size, drawn.length);
});

it('gives what nobody can change or read afterwards', () => {
  const draw = randomPool();
  const first = draw(8);
  const kept = hex(first);
  first.fill(7);
  const second = draw(8);
  assert.is.not(hex(second), hex(first));
  assert.is(first.byteLength, first.buffer.byteLength, 'its memory holds nothing else');
  assert.is.not(hex(second), kept);
});

it('takes questions of every size in turn', () => {
  const draw = randomPool();
  const sizes = Array.from({ length: 3000 }, (_, i) => i % 40);
  const drawn = sizes.map((size) => draw(size));
  for (const [i, bytes] of drawn.entries()) assert.is(bytes.length, sizes[i]);
  const long = drawn.filter((bytes) => bytes.length >= 8).map((bytes) => hex(bytes.subarray(0, 8)));
  assert.is(new Set(long).size, long.length);
  assert.is.not(hex(draw(0)) === '' ? hex(draw(32)) : '', '0'.repeat(64));
});

it('gives two pools different bytes', () => {
  assert.is.not(hex(randomPool()(16)), hex(randomPool()(16)));
});

it.run();
