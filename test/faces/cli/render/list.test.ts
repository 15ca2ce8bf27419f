import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactIndex } from '../../../../src/domain/artifact-index.ts';
import type { View } from '../../../../src/domain/view.ts';
import { LISTS, type ListName, renderList, shortExecutionIds } from '../../../../src/faces/cli/render/list.ts';
import { PLAIN, styleFor } from '../../../../src/faces/cli/render/style.ts';
import { CLEAN, exampleStory, MODEL, RAW, RAW_MD5 } from '../../../helpers/example-story.ts';
import { history } from '../../../helpers/history.ts';

const it = suite('list');

type Options = Partial<Parameters<typeof renderList>[3]>;

function list(name: ListName, view: View = exampleStory().view, options: Options = {}): string {
  const sources = { view, index: artifactIndex(view) };
  return renderList(name, sources, [...view.executions.values()], { format: 'text', style: PLAIN, ...options });
}

function items(name: ListName, view?: View): readonly Record<string, unknown>[] {
  const document = JSON.parse(list(name, view, { format: 'json' }));
  assert.is(document.schema, `git-cmf/${name}/1`);
  return document.items;
}

function lines(text: string): string[] {
  return text.trimEnd().split('\n');
}

it('lists pipelines by name', () => {
  assert.equal(lines(list('pipelines')), [
    'PIPELINE  STAGES       EXECUTIONS  STATUS                 LAST STARTED      TITLE',
    'churn     clean train           2  1 succeeded, 1 failed  2026-01-01 00:00  Churn model',
    'serve     load                  1  1 running              2026-01-01 00:00',
  ]);
});

it('lists stages by pipeline and name', () => {
  assert.equal(
    lines(list('stages')).map((line) => line.split(/ +/)[0]),
    ['STAGE', 'churn/clean', 'churn/train', 'serve/load'],
  );
});

it('lists executions newest first, with all values of a field in conflict', () => {
  const { story, view } = exampleStory();
  const [head, load, train, clean] = lines(list('executions', view));
  const ann = story.writer('ann').id.slice(0, 4);
  assert.match(head ?? '', /^ID +STATUS +STAGE +STARTED +CODE +PARAMS +METRICS$/);
  assert.match(load ?? '', /^01900000-0003 {2}running {4}serve\/load /);
  assert.match(train ?? '', `lr=0.2 (conflict: 0.1 by writer ${ann}…)`);
  assert.match(train ?? '', `auc=0.914 (conflict: 0.913 by writer ${ann}…) loss=NaN`);
  assert.match(train ?? '', / abababa\* /);
  assert.match(clean ?? '', / abababa$/);
});

it('lists artifacts by path, of all their uses what each says last', () => {
  assert.equal(
    lines(list('artifacts')).map((line) => line.split(/ {2,}/).slice(0, -1)),
    [
      ['PATH', 'DIGEST', 'TYPE', 'BYTES', 'WRITTEN', 'READ'],
      ['clean.csv', CLEAN.slice(0, 19), '1', '1'],
      ['m.pkl', MODEL.slice(0, 19), 'model', '7', '1', '1'],
      ['raw.csv', RAW.slice(0, 19), 'dataset', '12345', '0', '1'],
    ],
  );
});

it('lists metrics by name, numbers to the right', () => {
  const [, auc, loss] = lines(list('metrics'));
  assert.match(auc ?? '', /^auc .* 2 {7}2 {2}01900000-0002 {2}churn\/train$/);
  assert.match(loss ?? '', /^loss +NaN {13}1 /);
});

it('gives executions as items, values in stored form', () => {
  const [, train] = items('executions');
  assert.equal(train?.['metrics'], { auc: 0.914, loss: { $num: 'NaN' } });
  assert.equal(Object.entries(train?.['params'] ?? {}), [
    ['__proto__', 'x'],
    ['lr', 0.2],
  ]);
  assert.is(train?.['title'], 'first try');
  assert.is(train?.['status'], 'failed');
  assert.is(train?.['dirty'], true);
  assert.equal(train?.['tags'], ['best']);
  const conflicts = train?.['conflicts'] as { field: string; values: { value: unknown }[] }[];
  assert.equal(
    conflicts.map(({ field, values }) => [field, values.map(({ value }) => value)]),
    [
      ['param.lr', [0.2, 0.1]],
      ['metric.auc', [0.914, 0.913]],
    ],
  );
});

it('gives artifacts as items, with recorded digests', () => {
  const raw = items('artifacts')[2];
  assert.equal(raw?.['digests'], [RAW, RAW_MD5]);
  assert.is(raw?.['type'], 'dataset');
  assert.equal(items('artifacts')[1]?.['paths'], ['model.pkl', 'm.pkl']);
});

it('gives the same members for every item of a list', () => {
  for (const name of LISTS) {
    const shapes = new Set(items(name).map((item) => Object.keys(item).join()));
    assert.is(shapes.size, 1, name);
  }
});

it('gives keys ended by NUL', () => {
  const keys = (name: ListName) => list(name, undefined, { format: 'zero' }).split('\0').slice(0, -1);
  assert.equal(keys('pipelines'), ['churn', 'serve']);
  assert.equal(keys('stages'), ['churn/clean', 'churn/train', 'serve/load']);
  assert.is(keys('executions')[0], '01900000-0003-7000-8000-000000000003');
  assert.equal(keys('artifacts'), [CLEAN, MODEL, RAW]);
  assert.equal(keys('metrics'), ['auc', 'loss']);
});

it('cuts to a number of rows and to a width', () => {
  assert.is(lines(list('executions', undefined, { countMax: 1 })).length, 2);
  for (const line of lines(list('executions', undefined, { columns: 90 }))) assert.ok(line.length <= 90, line);
});

it('shows nothing for nothing', () => {
  const empty = history().view();
  for (const name of LISTS) {
    assert.is(list(name, empty), '');
    assert.is(list(name, empty, { format: 'json' }), `{"schema":"git-cmf/${name}/1","items":[]}\n`);
    assert.is(list(name, empty, { format: 'zero' }), '');
  }
});

it('shows what a name hides, and leaves it to programs', () => {
  const story = history();
  story.writer('ann').start('p\x1b]0;x\x07\n', 's\u202e').param('a\tb', '\x9b');
  const text = list('executions', story.view());
  assert.match(text, 'p\\x1b]0;x\\x07\\n/s\\u202e');
  assert.match(text, 'a\\tb=\\x9b');
  const json = list('executions', story.view(), { format: 'json' });
  assert.match(json, '"s\\u202e"');
  assert.match(json, '{"a\\tb":"\\u009b"}');
  assert.is(items('executions', story.view())[0]?.['pipeline'], 'p\x1b]0;x\x07\n');
  assert.is(list('pipelines', story.view(), { format: 'zero' }), 'p\x1b]0;x\x07\n\0');
});

it('colours a status only where there is colour', () => {
  const style = styleFor(true);
  assert.match(list('executions', undefined, { style }), '\x1b[31mfailed\x1b[m');
  assert.is(list('executions', undefined, { style: styleFor(false) }).includes('\x1b'), false);
});

it('makes ids as long as they must be', () => {
  const story = history();
  for (const last of ['1', '2'])
    story.writer('ann').start('p', 's', { id: `01900000-0001-7000-8000-00000000000${last}` });
  assert.ok([...shortExecutionIds(story.view())].every(([id, short]) => id === short));
});

it.run();
