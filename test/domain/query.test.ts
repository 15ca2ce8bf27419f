import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matches, selectExecutions } from '../../src/domain/query.ts';
import { parseWhere } from '../../src/domain/where.ts';
import { digestOf, type ExecutionStory, HISTORY_START_MS, history } from '../helpers/history.ts';

const it = suite('query');

const COMMIT = `sha1:${'ab'.repeat(20)}`;

/** True if one execution, told by `tell`, is found by the filter. */
function finds(where: string, tell: (run: ExecutionStory) => unknown): boolean {
  const story = history();
  const run = story.writer('ann').start('demo', 'train', {
    namespace: 'lab',
    facts: { code: { commit: COMMIT, branch: 'main', dirty: true } },
  });
  tell(run);
  return selectExecutions(story.view(), parseWhere(where)).length === 1;
}

const NOTHING = () => undefined;
const CASES: readonly (readonly [where: string, tell: (run: ExecutionStory) => unknown, expected: boolean])[] = [
  ['param.lr < 0.01', (run) => run.param('lr', 0.001), true],
  ['param.lr < 0.01', (run) => run.param('lr', '0.001'), false],
  ['param.lr = 0.1', (run) => run.param('lr', '0.1'), false],
  ["param.lr = '0.1'", (run) => run.param('lr', '0.1'), true],
  ['param.lr != 0.1', (run) => run.param('lr', '0.1'), true],
  ['param.lr = 1', (run) => run.param('lr', 1.0), true],
  ['param.lr != 3', NOTHING, false],
  ['not param.lr = 3', NOTHING, true],
  ['param.seed = 9223372036854775807', (run) => run.param('seed', 9223372036854775806n), false],
  ['param.seed > 9223372036854775806', (run) => run.param('seed', 9223372036854775807n), true],
  ['param.seed > 1', (run) => run.param('seed', 9223372036854775807n), true],
  ['param.flag = true', (run) => run.param('flag', true), true],
  ['param.flag > false', (run) => run.param('flag', true), false],
  ['param.layers = [1,2]', (run) => run.param('layers', [1, 2]), true],
  ['param.name ~ net', (run) => run.param('name', 'resnet50'), true],
  ['param.name < b', (run) => run.param('name', 'a'), true],
  ['metric.loss = nan', (run) => run.metric('loss', Number.NaN), true],
  ['metric.loss >= 0 or metric.loss < 0', (run) => run.metric('loss', Number.NaN), false],
  ['metric.loss > 1e300', (run) => run.metric('loss', Number.POSITIVE_INFINITY), true],
  ['metric.auc > 0.9', (run) => run.metric('auc', 0.95, 1).metric('auc', 0.5, 2), false],
  ['metric.auc > 0.9', (run) => run.metric('auc', 0.95, 2).metric('auc', 0.5, 1), true],
  ['metric.auc = 0.5', (run) => run.metric('auc', 0.95, 9).attempt().metric('auc', 0.5, 1), true],
  ['metric.auc = 0.95', (run) => run.metric('auc', 0.95, 9).attempt(), true],
  ['metric.auc = 1', (run) => run.metric('auc', 1, 5, 0).metric('auc', 2, 5, 1), true],
  ['metric.auc = 3', (run) => run.metric('auc', 3).metric('auc', 2, 5), true],
  ['metric.__proto__ = 1', (run) => run.metric('__proto__', 1), true],
  ['param."a b" = 1', (run) => run.param('a b', 1), true],
  ['prop.site = oslo', (run) => run.set({ 'prop.site': 'oslo' }), true],
  ["pipeline = 'demo' and stage = train and namespace = lab", NOTHING, true],
  ['status = running', NOTHING, true],
  ['status = succeeded', (run) => run.finish(), true],
  ['tag = best', (run) => run.tag('good', 'best'), true],
  ['tag != best', (run) => run.tag('good', 'best'), false],
  ['tag != best', (run) => run.tag('good'), true],
  ['title ~ first', (run) => run.set({ title: 'my first' }), true],
  ['branch = main and dirty = true', NOTHING, true],
  [`commit = ${COMMIT}`, NOTHING, true],
  [`commit = ${'ab'.repeat(20)}`, NOTHING, true],
  ['started >= 2026-01-01 and started < 2026-01-02', NOTHING, true],
  ['ended > 2025-01-01', NOTHING, false],
  ['ended > 2025-01-01', (run) => run.finish(), true],
  ['input = data/x.csv', (run) => run.input('data/x.csv', [digestOf('md5', 'x')]), true],
  ['output = data/x.csv', (run) => run.input('data/x.csv', [digestOf('md5', 'x')]), false],
  [`output = ${digestOf('md5', 'x')}`, (run) => run.output('y', [digestOf('md5', 'x')]), true],
];

for (const [where, tell, expected] of CASES) {
  it(`${expected ? 'finds' : 'does not find'} ${where} ${String(tell).slice(0, 70)}`, () => {
    assert.is(finds(where, tell), expected);
  });
}

it('does not trust the shape of what an attempt says of its code', () => {
  const story = history();
  const facts = JSON.parse('{"code": {"commit": 7, "branch": ["x"], "dirty": "no"}}');
  story.writer('ann').start('p', 's', { facts });
  for (const where of ['commit ~ 7', 'branch ~ x', 'dirty = true or dirty = false']) {
    assert.equal(selectExecutions(story.view(), parseWhere(where)), []);
  }
});

it('takes the shown value of a field in conflict', () => {
  const story = history();
  const ann = story.writer('ann').start('p', 's').param('lr', 1);
  story.writer('bob').about(ann).param('lr', 2);
  assert.is(selectExecutions(story.view(), parseWhere('param.lr = 2')).length, 1);
  assert.is(selectExecutions(story.view(), parseWhere('param.lr = 1')).length, 0);
});

it('gives all executions, oldest first, without a filter', () => {
  const story = history();
  story.at(HISTORY_START_MS + 60_000);
  const late = story.writer('ann').start('p', 's');
  story.at(HISTORY_START_MS);
  const early = story.writer('ann').start('p', 's');
  const found = selectExecutions(story.view(), undefined);
  assert.equal(
    found.map(({ id }) => id),
    [early.id, late.id],
  );
});

it('finds each execution by a filter or by its negation, never by both', () => {
  const story = history();
  story.writer('ann').start('p', 's').param('a', 1).metric('m', 2).tag('t');
  const [execution] = story.view().executions.values();
  const where = fc.constantFrom(
    'param.a = 1',
    'param.b != 1',
    'metric.m > 3',
    'tag = t',
    'ended > 2026-01-01',
    'id ~ 0',
  );
  fc.assert(
    fc.property(where, where, fc.constantFrom('and', 'or'), (left, right, word) => {
      if (execution === undefined) throw new Error('nothing');
      const whole = `${left} ${word} ${right}`;
      assert.is.not(matches(parseWhere(whole), execution), matches(parseWhere(`not (${whole})`), execution));
    }),
  );
});

it.run();
