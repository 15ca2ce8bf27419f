import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import type { UseId } from '../../src/domain/ids.ts';
import { EMPTY_STATE } from '../../src/domain/join.ts';
import { subjectKey } from '../../src/domain/operation.ts';
import { viewOf } from '../../src/domain/view.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { ATTEMPTS, EXECUTIONS } from '../helpers/laws/random-draft.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, retract, SUBJECT, title } from '../helpers/laws/stories.ts';

const it = suite('view');

const { ann, bob } = CAST;
const [ATTEMPT, OTHER] = ATTEMPTS;

function on(operation: EntryDraft['operation'], bucket: EntryDraft['bucket'] = '_'): EntryDraft {
  return { bucket, subject: SUBJECT, operation };
}

function executionOf(history: RandomHistory): ExecutionView | undefined {
  return viewOf(history.state).executions.get(EXECUTIONS[0]);
}

const USE = {
  kind: 'use',
  attempt: ATTEMPT,
  direction: 'input',
  path: 's3://x/d:1',
  digests: [{ kind: 'md5', value: '0'.repeat(32) }],
  seen: false,
  values: {},
} as const;

it('of nothing is empty', () => {
  const view = viewOf(EMPTY_STATE);
  assert.is(view.executions.size + view.pipelines.length + view.subjects.length + view.needsNewer.length, 0);
  assert.is(view.fieldsOf('execution:x').size, 0);
  assert.equal(view.tagsOf('execution:x'), []);
});

it('does not have an execution of which all was taken back, and has one of which only a tag is known', () => {
  const history = new RandomHistory();
  const id = history.say(ann, title('x'), noon(0));
  assert.ok(executionOf(history));
  history.say(ann, retract(id), noon(1));
  assert.is(executionOf(history), undefined);
  history.say(bob, on({ kind: 'tag.add', tags: ['best'] }), noon(2));
  assert.equal(executionOf(history)?.tags, ['best']);
});

it('lists pipelines and stages by name, each once, also where a claim is in conflict', () => {
  const history = new RandomHistory();
  const say = (actor: typeof ann, namespace: string, pipeline: string, stage: string, ms: number) =>
    history.say(actor, on({ kind: 'execution', namespace, pipeline, stage }), noon(ms));
  say(ann, '', 'b', 'train', 0);
  say(bob, 'lab', 'a', 'test', 1);
  say(CAST.cid, '', 'b', 'prepare', 2);
  const { pipelines, executions } = viewOf(history.state);
  const names = pipelines.map(({ namespace, name, stages }) => [namespace, name, stages.map((one) => one.name)]);
  assert.equal(names, [
    ['lab', 'a', ['test']],
    ['', 'b', ['prepare', 'train']],
  ]);
  const execution = executions.get(EXECUTIONS[0]);
  assert.is(execution?.identity.length, 3);
  assert.is(execution?.stage, pipelines[1]?.stages[0]?.id);
});

it('unites what was said of one use, and keeps how it was said first', () => {
  const history = new RandomHistory();
  const from = 'c'.repeat(64) as UseId;
  history.say(ann, on({ ...USE, from, values: { type: 'dataset' } }), noon(5));
  history.say(bob, on({ ...USE, sizeBytes: 7, seen: true }), noon(3));
  history.say(ann, on({ ...USE, sizeBytes: 8 }), noon(9));
  const [use, more] = executionOf(history)?.uses ?? [];
  assert.is(more, undefined);
  assert.equal([use?.operation.from, use?.operation.sizeBytes, use?.operation.seen], [from, 8, true]);
  assert.equal([use?.claim.writer, use?.claim.hlc], [bob.id, noon(3)]);
  assert.equal(
    use?.fields.get('type')?.map(({ value }) => value),
    ['dataset'],
  );
});

it('keeps uses of other attempts, paths, directions and bytes apart', () => {
  const history = new RandomHistory();
  const others = [{ attempt: OTHER }, { path: 's3' }, { direction: 'output' }] as const;
  const bytes = { digests: [{ kind: 'md5', value: '1'.repeat(32) }] };
  for (const [i, change] of [{}, ...others, bytes].entries()) history.say(ann, on({ ...USE, ...change }), noon(i));
  assert.is(executionOf(history)?.uses.length, 5);
});

it('takes the last value of a step that one entry names twice', () => {
  const history = new RandomHistory();
  const series = { loss: { steps: [1, 1, null, 1], values: [0.5, 0.4, 0.1, 0.3] } };
  history.say(ann, on({ kind: 'metric', attempt: ATTEMPT, rank: 0, series }), noon(0));
  const points = executionOf(history)?.metrics.get('loss') ?? [];
  assert.equal(
    points.map(({ step, values }) => [step, values.map(({ value }) => value.value)]),
    [
      [1, [0.3]],
      [null, [0.1]],
    ],
  );
});

it('keeps points of ranks, attempts and names apart, whatever the names hold', () => {
  const history = new RandomHistory();
  const series = Object.fromEntries(
    ['val:top1', '__proto__', 'a\n0\n1'].map((name) => [name, { steps: [1], values: [1] }]),
  );
  for (const [i, attempt] of [ATTEMPT, OTHER].entries()) {
    for (const rank of [1, 0]) history.say(ann, on({ kind: 'metric', attempt, rank, series }), noon(i));
  }
  const metrics = executionOf(history)?.metrics;
  assert.equal([...(metrics?.keys() ?? [])], ['__proto__', 'a\n0\n1', 'val:top1']);
  assert.equal(
    metrics?.get('__proto__')?.map(({ attempt, rank }) => [attempt, rank]),
    [
      [ATTEMPT, 0],
      [ATTEMPT, 1],
      [OTHER, 0],
      [OTHER, 1],
    ],
  );
});

it('lists attempts and uses oldest first, and executions by their first word', () => {
  const history = new RandomHistory();
  const start = (attempt: typeof ATTEMPT) => on({ kind: 'attempt.start', attempt, saw: [], facts: {} });
  history.say(ann, start(OTHER), noon(1));
  history.say(bob, start(ATTEMPT), noon(2));
  history.say(ann, { ...title('x'), subject: { kind: 'execution', id: EXECUTIONS[1] } }, noon(0));
  const view = viewOf(history.state);
  assert.equal([...view.executions.keys()], [EXECUTIONS[1], EXECUTIONS[0]]);
  assert.equal(
    executionOf(history)?.attempts.map(({ id }) => id),
    [OTHER, ATTEMPT],
  );
});

it('knows what replaced a commit from all who said so and did not take it back', () => {
  const history = new RandomHistory();
  const [a, b, c] = ['a', 'b', 'c'].map((digit) => `sha1:${digit.repeat(40)}`) as [string, string, string];
  const rewrite = (commits: Record<string, string>): EntryDraft => ({
    bucket: '_',
    operation: { kind: 'code.rewritten', commits },
  });
  history.say(ann, rewrite({ [b]: c, [a]: c }), noon(0));
  history.say(bob, rewrite({ [a]: b }), noon(1));
  const wrong = history.say(ann, rewrite({ [c]: a }), noon(2));
  history.say(ann, retract(wrong), noon(3));
  assert.equal(
    [...viewOf(history.state).rewrites],
    [
      [a, [b, c]],
      [b, [c]],
    ],
  );
});

it('gives the fields of anything by its subject', () => {
  const history = new RandomHistory();
  const subject = { kind: 'artifact', id: `md5:${'0'.repeat(32)}` } as const;
  history.say(ann, { bucket: '_', subject, operation: { kind: 'set', values: { label: 'x' } } }, noon(0));
  const view = viewOf(history.state);
  assert.equal(view.subjects, [subjectKey(subject)]);
  assert.is(view.fieldsOf(subjectKey(subject)).get('label')?.[0]?.value, 'x');
});

it.run();
