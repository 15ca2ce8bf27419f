import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchCase, Side } from '../../bench/bench-case.ts';
import { isGoalMet, measure, median } from '../../bench/measure.ts';

const it = suite('bench: measure');

it('takes the middle value', () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.is(median([10, 9, 100]), 10);
});

it('holds a ratio against its goal', () => {
  assert.ok(isGoalMet({ kind: 'at-most', times: 2.5 }, 2.5));
  assert.not.ok(isGoalMet({ kind: 'at-most', times: 2.5 }, 2.6));
  assert.ok(isGoalMet({ kind: 'faster', times: 4 }, 0.25));
  assert.not.ok(isGoalMet({ kind: 'faster', times: 4 }, 0.3));
});

it('runs the sides in turn, prepares each run, and leaves out the first', async () => {
  const calls: string[] = [];
  const side = (name: string): Side => ({
    name,
    prepare: () => void calls.push(`prepare ${name}`),
    run: () => void calls.push(name),
  });
  const sides = { work: side('a'), against: side('b') };
  const benchCase: BenchCase = { name: 'x', goal: { kind: 'at-most', times: 1 }, rounds: 1, open: () => sides };
  const row = await measure(benchCase, sides);
  assert.equal(calls, ['prepare a', 'a', 'prepare b', 'b', 'prepare a', 'a', 'prepare b', 'b']);
  assert.is(row.work.minMs, row.work.maxMs);
});

it.run();
