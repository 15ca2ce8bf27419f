import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import { subjectKey } from '../../src/domain/operation.ts';
import { fieldHash, IDENTITY_FIELD, pointField, purgeOf, RETRACTION, untagField } from '../../src/domain/purge.ts';
import { viewOf } from '../../src/domain/view.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { ATTEMPTS, EXECUTIONS } from '../helpers/laws/random-draft.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, retract, SUBJECT, title, titlesOf } from '../helpers/laws/stories.ts';

const it = suite('purge');

const { ann, ann2, bob } = CAST;
const KEY = subjectKey(SUBJECT);

function purge(history: RandomHistory, id: EntryId): void {
  const said = history.said.find((one) => one.entry.id === id);
  if (said !== undefined) history.purges.push(purgeOf(said.id, said.entry));
}

function fieldsOf(operation: EntryDraft['operation']): readonly string[] {
  const history = new RandomHistory();
  const id = history.say(ann, { bucket: '_', subject: SUBJECT, operation }, noon(0));
  purge(history, id);
  return history.purges[0]?.fields ?? [];
}

it('keeps hashes of what an entry assigned, and no word of it', () => {
  const values = { title: 'secret', 'param.lr': 1 };
  assert.equal(fieldsOf({ kind: 'set', values }), ['title', 'param.lr'].map((name) => fieldHash(KEY, name)).sort());
  const identity = { kind: 'execution', namespace: '', pipeline: 'p', stage: 's' } as const;
  assert.equal(fieldsOf(identity), [fieldHash(KEY, IDENTITY_FIELD)]);
  const series = { loss: { steps: [1, null, 1], values: [1, 2, 3] } };
  const points = [1, null].map((step) => fieldHash(KEY, pointField(ATTEMPTS[0], 2, step, 'loss')));
  assert.equal(fieldsOf({ kind: 'metric', attempt: ATTEMPTS[0], rank: 2, series }), points.sort());
  assert.equal(fieldsOf({ kind: 'tag.remove', tags: { best: [] } }), [fieldHash(KEY, untagField('best'))]);
  assert.equal(fieldsOf({ kind: 'tag.add', tags: ['best'] }), []);
  assert.equal(fieldsOf({ kind: 'retract', ids: [] }), [RETRACTION]);
});

it('tells a stated end from an inferred one', () => {
  const [stated, inferred] = [false, true].map((isInferred) =>
    fieldsOf({ kind: 'attempt.end', attempt: ATTEMPTS[0], status: 'aborted', inferred: isInferred }),
  );
  assert.is(stated?.length, 1);
  assert.is(inferred?.length, 1);
  assert.is.not(stated?.[0], inferred?.[0]);
});

it('leaves covered what the entry covered, until the entry is taken back', () => {
  const history = new RandomHistory();
  const first = history.say(bob, title('old'), noon(0));
  const second = history.say(ann, title('new', [first]), noon(1));
  purge(history, second);
  assert.equal(titlesOf(history.state), []);
  history.say(bob, title('newest'), noon(2));
  assert.equal(
    titlesOf(history.state).map(({ value }) => value),
    ['newest'],
  );
  history.say(ann, retract(second), noon(3));
  assert.equal(
    titlesOf(history.state).map(({ value }) => value),
    ['newest'],
  );
  history.say(bob, retract(history.said[2]?.id as EntryId), noon(4));
  assert.equal(
    titlesOf(history.state).map(({ value }) => value),
    ['old'],
  );
});

it('lets a writer who was succeeded take back what was sealed again and purged', () => {
  const history = new RandomHistory();
  const first = history.say(bob, title('old'), noon(0));
  const second = history.say(ann, title('new', [first]), noon(1));
  const resealed = history.reseal(history.said[1] as RandomHistory['said'][number], ann2, noon(2));
  history.purges.push(purgeOf(second, resealed));
  assert.equal(titlesOf(history.state), []);
  history.say(ann, retract(second), noon(3));
  assert.equal(
    titlesOf(history.state).map(({ value }) => value),
    ['old'],
  );
});

it('of a removal leaves the tag removed, and of a retraction the value taken back', () => {
  const history = new RandomHistory();
  const add = history.say(
    bob,
    { bucket: '_', subject: SUBJECT, operation: { kind: 'tag.add', tags: ['a', 'b'] } },
    noon(0),
  );
  const operation = { kind: 'tag.remove', tags: { a: [add] } } as const;
  const remove = history.say(ann, { bucket: '_', subject: SUBJECT, operation }, noon(1));
  const value = history.say(ann, title('wrong'), noon(2));
  const gone = history.say(ann, retract(value), noon(3));
  purge(history, remove);
  purge(history, gone);
  assert.equal(viewOf(history.state).tagsOf(KEY), ['b']);
  assert.equal(titlesOf(history.state), []);
  history.say(ann, retract(gone), noon(4));
  assert.equal(titlesOf(history.state), []);
});

it('of an inferred end hides no stated one', () => {
  const history = new RandomHistory();
  const end = (status: 'succeeded' | 'aborted', over: readonly EntryId[] = []) => {
    const operation = { kind: 'attempt.end', attempt: ATTEMPTS[0], status, inferred: status === 'aborted' } as const;
    return { bucket: '_', subject: SUBJECT, operation, over } as const;
  };
  const stated = history.say(ann, end('succeeded'), noon(0));
  const inferred = history.say(ann, end('aborted', [stated]), noon(1));
  purge(history, inferred);
  assert.is(viewOf(history.state).executions.get(EXECUTIONS[0])?.status, 'succeeded');
});

it.run();
