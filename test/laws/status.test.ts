/** The status of an attempt and of its execution: created < running < inferred end < stated end. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import type { EndStatus } from '../../src/domain/operation.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { ACTORS, type Actor, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { ATTEMPTS, EXECUTIONS } from '../helpers/laws/random-draft.ts';
import { histories, RandomHistory, randomHlc, steps } from '../helpers/laws/random-history.ts';
import { slowCurrentIds } from '../helpers/laws/slow-field.ts';
import { noon, SUBJECT } from '../helpers/laws/stories.ts';

const it = suite('laws: status');
const laws = lawChecker();
it.after(() => laws.report());

const ATTEMPT = ATTEMPTS[0];
const CREATED: EntryDraft = {
  bucket: '_',
  subject: SUBJECT,
  operation: { kind: 'execution', namespace: '', pipeline: 'p', stage: 's' },
};
const START: EntryDraft = {
  bucket: '_',
  subject: SUBJECT,
  operation: { kind: 'attempt.start', attempt: ATTEMPT, saw: [], facts: {} },
};

function end(status: EndStatus, inferred: boolean, over: readonly EntryId[] = []): EntryDraft {
  return {
    bucket: '_',
    subject: SUBJECT,
    operation: { kind: 'attempt.end', attempt: ATTEMPT, status, inferred },
    over,
  };
}

function executionOf(history: RandomHistory): ExecutionView | undefined {
  return viewOf(history.state).executions.get(EXECUTIONS[0]);
}

it('only rises: the highest word that was said counts, in any order and by any clock', () => {
  const words = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 5 }), steps), { minLength: 1, maxLength: 8 });
  laws.check(400, words, (said) => {
    const history = new RandomHistory();
    const drafts = [CREATED, START, end('aborted', true), end('failed', false)] as const;
    for (const [rank, actor, number] of said) {
      history.say(ACTORS[actor] ?? CAST.ann, drafts[rank] ?? CREATED, randomHlc(new Dice(number)));
    }
    const highest = Math.max(...said.map(([rank]) => rank));
    assert.is(executionOf(history)?.status, ['created', 'running', 'aborted', 'failed'][highest]);
  });
});

/** Ends of one attempt, stated and inferred, by writers who saw some of them. */
const endings: fc.Arbitrary<RandomHistory> = fc
  .array(steps, { minLength: 1, maxLength: 10, size: 'max' })
  .map((numbers) => {
    const history = new RandomHistory();
    for (const number of numbers) {
      const dice = new Dice(number);
      const status = dice.pick<EndStatus>(['succeeded', 'failed', 'aborted']);
      const over = dice.some(history.said).map(({ id }) => id);
      const draft = end(status, status === 'aborted' && dice.take(2) === 0, over);
      history.say(dice.pickAny(ACTORS) as Actor, draft, randomHlc(dice));
    }
    return history;
  });

it('where several ends are stated, follows the rule of mutable fields', () => {
  laws.check(400, endings, (history) => {
    const resolution = resolve(history.state);
    const statements = [...resolution.statements.values()];
    const isInferred = (id: EntryId) => {
      const operation = resolution.statements.get(id)?.entry.operation;
      return operation?.kind === 'attempt.end' && operation.inferred;
    };
    const isStated = statements.some(({ id }) => !isInferred(id));
    // As long as an end is stated, an inferred one carries what it covers and counts for nothing: as if taken back.
    const assignments = statements.map((statement) => ({
      statement: { ...statement, retracted: isStated && isInferred(statement.id) },
      value: 0,
    }));
    const expected = slowCurrentIds({ assignments, purges: [], resolution });
    assert.equal(
      executionOf(history)?.latest?.ends.map(({ id }) => id),
      expected,
    );
  });
});

it('is that of the latest attempt: the one that none names, and of several the last', () => {
  const starts = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 7 }), fc.nat({ max: 3 })), { maxLength: 3 });
  laws.check(400, starts, (said) => {
    const history = new RandomHistory();
    const attempts = said.map(([actor, sawMask, ms], i) => {
      const saw = ATTEMPTS.filter((_, bit) => (sawMask >> bit) % 2 === 1);
      const operation = { kind: 'attempt.start', attempt: ATTEMPTS[i] ?? ATTEMPT, saw, facts: {} } as const;
      const { id: writer } = ACTORS[actor] ?? CAST.ann;
      const id = history.say(ACTORS[actor] ?? CAST.ann, { bucket: '_', subject: SUBJECT, operation }, noon(ms));
      return { attempt: operation.attempt, saw, order: `${noon(ms)} ${writer} ${id}` };
    });
    const unnamed = attempts.filter(({ attempt }) =>
      attempts.every((other) => other.attempt === attempt || !other.saw.includes(attempt)),
    );
    // Where attempts name each other in a circle, all of them are candidates.
    const candidates = unnamed.length > 0 ? unnamed : attempts;
    const latest = candidates.sort((a, b) => (a.order < b.order ? 1 : -1))[0]?.attempt;
    assert.is(executionOf(history)?.latest?.id, latest);
  });
});

it('is in every history that of the attempt shown as latest', () => {
  laws.check(200, histories(), ({ state }) => {
    for (const { status, latest, attempts } of viewOf(state).executions.values()) {
      assert.is(status, latest?.status ?? 'created');
      assert.is(latest === undefined, attempts.length === 0);
    }
  });
});

it.run();
