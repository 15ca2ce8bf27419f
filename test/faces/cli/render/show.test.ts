import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactIndex } from '../../../../src/domain/artifact-index.ts';
import { find } from '../../../../src/domain/find.ts';
import type { View } from '../../../../src/domain/view.ts';
import { renderShow } from '../../../../src/faces/cli/render/show.ts';
import { PLAIN } from '../../../../src/faces/cli/render/style.ts';
import { CLEAN, exampleStory, MODEL, RAW_MD5 } from '../../../helpers/example-story.ts';
import { digestOf, history } from '../../../helpers/history.ts';

const it = suite('show');

function show(typed: string, view: View = exampleStory().view): string {
  const sources = { view, index: artifactIndex(view) };
  return renderShow(sources, find(sources, typed), { format: 'text', style: PLAIN });
}

function shownJson(typed: string, view: View = exampleStory().view) {
  const sources = { view, index: artifactIndex(view) };
  return JSON.parse(renderShow(sources, find(sources, typed), { format: 'json', style: PLAIN }));
}

it('shows an execution', () => {
  const { story, view, train } = exampleStory();
  const ann = story.writer('ann').id.slice(0, 4);
  const text = show(train.id, view);
  assert.equal(
    text.split('\n').map((line) => line.trimEnd()),
    [
      `execution  ${train.id}`,
      'stage      churn/train',
      'status     failed, exit status 3',
      'started    2026-01-01 00:00',
      'ended      2026-01-01 00:00',
      'code       abababa* (main) ssh://host/churn',
      "command    python train.py 'it'\\''s'",
      'title      first try',
      'tags       best',
      '',
      'parameters',
      '  __proto__  x',
      `  lr         0.2 (conflict: 0.1 by writer ${ann}…)`,
      '',
      'properties',
      '  site  oslo',
      '',
      'metrics',
      '  METRIC                                    VALUE  STEP  POINTS',
      `  auc     0.914 (conflict: 0.913 by writer ${ann}…)     2       2`,
      '  loss                                        NaN             1',
      '',
      'inputs',
      '  PATH       DIGEST               TYPE  BYTES  PROPERTIES',
      `  clean.csv  ${CLEAN.slice(0, 19)}`,
      '',
      'outputs',
      '  PATH       DIGEST               TYPE   BYTES  PROPERTIES',
      `  model.pkl  ${MODEL.slice(0, 19)}  model      7`,
      '',
    ],
  );
});

it('gives an execution as a document, with uses, attempts and all points', () => {
  const { view, train } = exampleStory();
  const document = shownJson(train.id, view);
  assert.is(document.schema, 'git-cmf/execution/1');
  assert.equal(document.params, JSON.parse('{"__proto__": "x", "lr": 0.2}'));
  assert.equal(
    document.series.auc.map((point: Record<string, unknown>) => [point['step'], point['value']]),
    [
      [1, 0.9],
      [2, 0.914],
    ],
  );
  assert.equal(document.attempts[0].command, ['python', 'train.py', "it's"]);
  assert.equal(document.attempts[0].environment, { python: '3.12' });
  assert.is(document.attempts[0].exitCode, 3);
  assert.equal(document.inputs[0].digests, [CLEAN]);
  assert.is(document.outputs[0].type, 'model');
});

it('survives facts of any shape', () => {
  const story = history();
  const run = story.writer('ann').start('p', 's', { facts: JSON.parse('{"code": 1, "command": {"a": 1}, "x": []}') });
  assert.match(show(run.id, story.view()), /^execution/);
  assert.is(shownJson(run.id, story.view()).commit, null);
});

it('says of several ends which there are', () => {
  const story = history();
  const run = story.writer('ann').start('p', 's').finish();
  story.writer('bob').about(run).finish('failed');
  assert.match(show(run.id, story.view()), /status +failed \(conflict: succeeded by writer/);
});

it('shows an execution of which only a part is known', () => {
  const story = history();
  const run = story.writer('ann').start('p', 's').param('x', 1);
  story.writer('ann').retract(...story.entries.slice(0, 2).map(({ id }) => id));
  assert.match(show(run.id, story.view()), /stage +\?\nstatus +created/);
});

it('shows an artifact with all who wrote and read it', () => {
  const text = show('model.pkl');
  assert.match(text, `artifact   ${MODEL}\npath       m.pkl\ntype       model\nbytes      7\n`);
  assert.match(text, /\nlabel +good\n/);
  assert.match(text, /\nwritten by\n.*\n {2}01900000-0002 {2}churn\/train {2}model\.pkl /);
  assert.match(text, /\nread by\n.*\n {2}01900000-0003 {2}serve\/load {2}m\.pkl /);
});

it('gives an artifact as a document, labels by recorded digest', () => {
  const { schema, items } = shownJson(MODEL);
  assert.is(schema, 'git-cmf/artifact/1');
  assert.is(items.length, 1);
  assert.equal(items[0].labels, [{ digest: MODEL, fields: { label: 'good' }, tags: [], conflicts: [] }]);
  assert.equal(
    items[0].uses.map((use: Record<string, unknown>) => use['direction']),
    ['output', 'input'],
  );
});

it('shows each artifact that an ambiguous digest names, and says so', () => {
  const { story, load } = exampleStory();
  load.input('other', [digestOf('blake3', 'other'), RAW_MD5]);
  const text = show(RAW_MD5, story.view());
  assert.is(text.match(/^artifact /gm)?.length, 2);
  assert.is(text.match(/also names another content/g)?.length, 2);
  assert.is(shownJson(RAW_MD5, story.view()).items.length, 2);
});

it('shows a use with its artifact', () => {
  const { view, train } = exampleStory();
  const id = train.lastUse ?? '';
  assert.match(show(id, view), `use         ${id}\nwritten by  ${train.id}\n`);
  assert.is(shownJson(id, view).schema, 'git-cmf/use/1');
  assert.is(shownJson(id, view).use, id);
});

it('shows a pipeline with its stages, and a stage', () => {
  assert.match(show('churn'), /^pipeline +churn\nid +[0-9a-f]{64}\nexecutions +2 \(1 succeeded, 1 failed\)\n/);
  assert.match(show('churn'), /\ntitle +Churn model\n\nstages\n.*\n {2}churn\/clean /);
  assert.match(show('churn/train'), /^stage +churn\/train\n/);
  assert.equal(
    shownJson('churn').stages.map((stage: Record<string, unknown>) => stage['name']),
    ['clean', 'train'],
  );
  assert.is(shownJson('churn/train').schema, 'git-cmf/stage/1');
});

it.run();
