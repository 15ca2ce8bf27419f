import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ObjectOutcome } from '../../src/domain/object-outcomes.ts';
import { areThere, countOutcomes, transferOf } from '../../src/domain/transfer.ts';

const test = suite('transfer');

const [A, B, C] = [0, 1, 2];
const DIGEST = { kind: 'md5-dir', value: '0'.repeat(32) };
const THERE: ObjectOutcome = { kind: 'there' };
const MOVED: ObjectOutcome = { kind: 'moved', bytes: 5, repairs: false };
const QUEUED: ObjectOutcome = { kind: 'queued', bytes: 7 };
const FAILED: ObjectOutcome = { kind: 'failed', reason: 'why', hint: 'what to do' };

function stateOf(...outcomes: readonly ObjectOutcome[]) {
  const objects = [A, B, C].slice(0, outcomes.length);
  const known = new Map(objects.map((object, i) => [object, outcomes[i] as ObjectOutcome]));
  return transferOf({ path: 'p', digest: DIGEST, objects }, known);
}

test('an artifact is as far as the least of its parts', () => {
  assert.is(stateOf(THERE, THERE).state, 'there');
  assert.is(stateOf(THERE, MOVED).state, 'moved');
  assert.is(stateOf(MOVED, QUEUED, THERE).state, 'queued');
  assert.is(stateOf(MOVED, QUEUED, FAILED).state, 'failed');
  assert.is(stateOf(MOVED, FAILED).reason, 'why');
  assert.is(stateOf({ kind: 'unkept' }, MOVED).state, 'unkept');
  assert.match(stateOf({ kind: 'queued', bytes: 9, isTooLarge: true }).reason ?? '', /larger than the limit/);
});

test('counts every object once, with bytes and repairs', () => {
  const outcomes = new Map<number, ObjectOutcome>([
    [A, { kind: 'moved', bytes: 5, repairs: true }],
    [B, QUEUED],
    [C, THERE],
  ]);
  assert.equal(countOutcomes(outcomes.keys(), outcomes), {
    moved: 1,
    movedBytes: 5,
    repaired: 1,
    there: 1,
    queued: 1,
    queuedBytes: 7,
    failed: 0,
    unkept: 0,
  });
});

test('a folder is complete when nothing of it is queued, failed or unknown', () => {
  const outcomes = new Map<number, ObjectOutcome>([
    [A, THERE],
    [B, MOVED],
  ]);
  assert.ok(areThere([A, B], outcomes));
  assert.not.ok(areThere([A, B, C], outcomes));
  assert.not.ok(areThere([A], new Map([[A, QUEUED]])));
});

test.run();
