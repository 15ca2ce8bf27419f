import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  HLC_ZERO,
  type Hlc,
  hlcAt,
  hlcMs,
  isHlc,
  tick,
  WITNESS_AHEAD_MAX_MS,
  witness,
} from '../../src/domain/clock.ts';

const it = suite('clock');

const MS_MAX = 2 ** 48 - 1;
const LAST = 'f'.repeat(16) as Hlc;
const readings = fc.tuple(fc.nat({ max: 2 ** 31 - 1 }), fc.nat({ max: 0xffff })).map(([ms, counter]) => {
  return (hlcAt(ms).slice(0, 12) + counter.toString(16).padStart(4, '0')) as Hlc;
});

it('writes milliseconds and a counter as 16 hex digits', () => {
  assert.is(hlcAt(0), HLC_ZERO);
  assert.is(hlcAt(1_750_000_000_000), '01977420dc000000');
  assert.is(hlcMs('01977420dc00abcd' as Hlc), 1_750_000_000_000);
  assert.is(hlcAt(MS_MAX), 'ffffffffffff0000');
});

it('goes forward with every tick, whatever the wall clock does', () => {
  const walls = fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.double(), fc.integer());
  fc.assert(
    fc.property(readings, walls, (last, wallMs) => {
      const next = tick(last, wallMs);
      assert.ok(isHlc(next), `${next} after ${last} at ${wallMs}`);
      assert.ok(next > last);
      if (wallMs >= 0 && wallMs <= MS_MAX) assert.ok(hlcMs(next) >= Math.floor(wallMs));
    }),
  );
});

it('counts within a millisecond and borrows the next when the counter is full', () => {
  assert.is(tick(hlcAt(7), 7), '0000000000070001');
  assert.is(tick(hlcAt(7), 3), '0000000000070001');
  assert.is(tick(hlcAt(7), 7.9), '0000000000070001');
  assert.is(tick('000000000007ffff' as Hlc, 7), '0000000000080000');
  assert.is(tick(hlcAt(7), 9), '0000000000090000');
});

it('stands still at the end of its range', () => {
  assert.is(tick(LAST, 5), LAST);
  assert.is(tick(LAST, Number.POSITIVE_INFINITY), LAST);
  assert.is(hlcAt(2 ** 60), 'ffffffffffff0000');
});

it('takes a wall clock that makes no sense for the nearest time that is one', () => {
  for (const wallMs of [-1, Number.NaN, Number.NEGATIVE_INFINITY]) assert.is(hlcAt(wallMs), HLC_ZERO);
  assert.is(hlcAt(1.75), hlcAt(1));
});

it('follows others, but not far past its own wall clock', () => {
  assert.is(witness(hlcAt(5), hlcAt(9), 5), hlcAt(9));
  assert.is(witness(hlcAt(9), hlcAt(5), 5), hlcAt(9));
  assert.is(witness(hlcAt(5), hlcAt(5 + WITNESS_AHEAD_MAX_MS), 5), hlcAt(5 + WITNESS_AHEAD_MAX_MS));
  assert.is(witness(hlcAt(5), hlcAt(6 + WITNESS_AHEAD_MAX_MS), 5), hlcAt(5));
});

it('knows a reading when it sees one', () => {
  assert.ok(isHlc('0123456789abcdef'));
  for (const text of ['', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0', ' 123456789abcdef', null, 5]) {
    assert.not.ok(isHlc(text));
  }
});

it.run();
