import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createObjectOutcomes, type ObjectOutcome } from '../../src/domain/object-outcomes.ts';

const test = suite('object-outcomes');

test('gives back what it was told, and nothing of other objects', () => {
  const all: readonly ObjectOutcome[] = [
    { kind: 'there' },
    { kind: 'moved', bytes: 2 ** 40, repairs: false },
    { kind: 'moved', bytes: 1, repairs: true },
    { kind: 'queued', bytes: 7 },
    { kind: 'queued', bytes: 9, isTooLarge: true },
    { kind: 'unkept' },
    { kind: 'failed', reason: 'why', hint: undefined },
  ];
  const outcomes = createObjectOutcomes();
  for (const [i, outcome] of all.entries()) outcomes.set(i * 1000, outcome);
  assert.equal(
    all.map((_, i) => outcomes.get(i * 1000)),
    all,
  );
  assert.equal([...outcomes.keys()], [0, 1000, 2000, 3000, 4000, 5000, 6000]);
  assert.is(outcomes.get(1), undefined);
  assert.is(outcomes.get(10 ** 6), undefined);
});

test('the last word counts', () => {
  const outcomes = createObjectOutcomes();
  outcomes.set(0, { kind: 'failed', reason: 'why', hint: 'what to do' });
  outcomes.set(0, { kind: 'there' });
  assert.equal(outcomes.get(0), { kind: 'there' });
});

test('what failed in the same way is explained by one function, from its digest', () => {
  const outcomes = createObjectOutcomes();
  const gone = ({ value }: { readonly value: string }) => ({ reason: `${value} is gone`, hint: undefined });
  const lost = ({ kind }: { readonly kind: string }) => ({ reason: `${kind} is lost`, hint: 'look' });
  const numbers = ['aa', 'bb', 'cc'].map((start) => outcomes.objects.add({ kind: 'md5', value: start.repeat(16) }));
  const [a = 0, b = 0, c = 0] = numbers;
  outcomes.fail(a, gone);
  outcomes.fail(b, lost);
  outcomes.fail(c, gone);
  assert.equal(
    numbers.map((object) => outcomes.get(object)),
    [
      { kind: 'failed', reason: `${'aa'.repeat(16)} is gone`, hint: undefined },
      { kind: 'failed', reason: 'md5 is lost', hint: 'look' },
      { kind: 'failed', reason: `${'cc'.repeat(16)} is gone`, hint: undefined },
    ],
  );
  outcomes.set(b, { kind: 'there' });
  assert.equal(outcomes.get(b), { kind: 'there' });
});

test.run();
