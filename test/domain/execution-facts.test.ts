import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  codeOf,
  commandOf,
  endedMs,
  fieldsWith,
  lastPoint,
  lastValue,
  startedMs,
} from '../../src/domain/execution-facts.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import { type ExecutionStory, HISTORY_START_MS, history } from '../helpers/history.ts';

const it = suite('execution-facts');

/** The view of one execution, told by `tell`. */
function view(tell: (run: ExecutionStory) => unknown, facts: unknown = {}): ExecutionView {
  const story = history();
  tell(story.writer('ann').start('p', 's', { facts: facts as object }));
  const [execution] = story.view().executions.values();
  if (execution === undefined) throw new Error('nothing was told');
  return execution;
}

const NOTHING = () => undefined;

it('takes the highest step, and a point without a step after all of them', () => {
  assert.is(
    lastValue(
      view((run) => run.metric('m', 3, 30).metric('m', 1, 10).metric('m', 2, 20)),
      'm',
    ),
    3,
  );
  assert.is(
    lastValue(
      view((run) => run.metric('m', 1, -5).metric('m', 9).metric('m', 2, 20)),
      'm',
    ),
    9,
  );
});

it('takes the latest attempt that has the metric, whatever its steps', () => {
  const execution = view((run) => run.metric('a', 1, 100).metric('b', 2).attempt().metric('a', 3, 1));
  assert.is(lastValue(execution, 'a'), 3);
  assert.is(lastValue(execution, 'b'), 2);
});

it('takes the lowest of several ranks', () => {
  const execution = view((run) => run.metric('m', 2, 1, 2).metric('m', 1, 1, 1));
  assert.is(lastPoint(execution, 'm')?.rank, 1);
});

it('has no last point of a metric that was never measured', () => {
  assert.is(lastPoint(view(NOTHING), 'm'), undefined);
});

it('reads the code of an attempt, and nothing that has not its shape', () => {
  const commit = `sha256:${'0'.repeat(64)}`;
  const good = view(NOTHING, { code: { commit, branch: 'b', dirty: false, repository: 'r' }, command: ['a', 'b'] });
  assert.equal(codeOf(good.latest), { commit, branch: 'b', isDirty: false, repository: 'r' });
  assert.equal(commandOf(good.latest), ['a', 'b']);
  const none = { commit: undefined, branch: undefined, isDirty: undefined, repository: undefined };
  for (const code of [null, 'x', 1, [], { commit: 'sha1:0', branch: 1, dirty: 'yes', repository: {} }]) {
    const bad = view(NOTHING, { code, command: ['a', 1] });
    assert.equal(codeOf(bad.latest), none);
    assert.is(commandOf(bad.latest), undefined);
  }
  assert.equal(codeOf(undefined), none);
});

it('sorts fields by their prefix', () => {
  const { fields } = view((run) => run.set({ title: 't', 'param.a.b': 1, 'prop.c': 2 }));
  assert.equal([...fieldsWith(fields, 'param').keys()], ['a.b']);
  assert.equal([...fieldsWith(fields, 'prop').keys()], ['c']);
});

it('says when it began and ended', () => {
  const running = view(NOTHING);
  assert.is(startedMs(running), HISTORY_START_MS + 1000);
  assert.is(endedMs(running), undefined);
  const resumed = view((run) => run.finish().attempt().finish('failed'));
  assert.is(startedMs(resumed), HISTORY_START_MS + 1000);
  assert.is(endedMs(resumed), HISTORY_START_MS + 4000);
});

it.run();
