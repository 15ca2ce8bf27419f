import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDigest } from '../../../../src/domain/digest.ts';
import type { UseId } from '../../../../src/domain/ids.ts';
import { lineage, lineageSources } from '../../../../src/domain/lineage.ts';
import type { LineageDirection } from '../../../../src/domain/lineage-graph.ts';
import type { View } from '../../../../src/domain/view.ts';
import { LINEAGE_FORMATS, type LineageFormat, renderLineage } from '../../../../src/faces/cli/render/lineage.ts';
import { PLAIN } from '../../../../src/faces/cli/render/style.ts';
import { CLEAN, exampleStory, MODEL, RAW } from '../../../helpers/example-story.ts';
import { digestOf, history } from '../../../helpers/history.ts';

const it = suite('lineage');

type Asked = { readonly directions?: readonly LineageDirection[]; readonly depthMax?: number };

function draw(view: View, digest: string, format: LineageFormat, asked: Asked = {}): string {
  const sources = lineageSources(view);
  const start = { kind: 'artifact', artifacts: sources.index.resolveDigest(parseDigest(digest)) } as const;
  return renderLineage(view, lineage(sources, start, { directions: ['up'], ...asked }), { format, style: PLAIN });
}

function lines(text: string): string[] {
  return text.trimEnd().split('\n');
}

it('draws a tree', () => {
  assert.equal(lines(draw(exampleStory().view, MODEL, 'text')), [
    `m.pkl  ${MODEL.slice(0, 19)}`,
    '└─ churn/train  01900000-0002  failed  abababa*',
    `   └─ clean.csv  ${CLEAN.slice(0, 19)}`,
    '      └─ churn/clean  01900000-0001  succeeded  abababa',
    `         └─ raw.csv  ${RAW.slice(0, 19)}`,
  ]);
});

it('draws both directions, one below the other', () => {
  const text = draw(exampleStory().view, CLEAN, 'text', { directions: ['up', 'down'] });
  assert.match(text, /^made from\nclean\.csv .*\n└─ churn\/clean/);
  assert.match(text, /\n\nwent into\nclean\.csv .*\n└─ churn\/train .*\n {3}└─ model\.pkl .*\n {6}└─ serve\/load/);
});

it('marks what is known by content only, what goes on, and what is not here', () => {
  const story = history();
  const ann = story.writer('ann');
  const from = 'f'.repeat(64) as UseId;
  ann
    .start('p', 'a')
    .input('old', [digestOf('md5', 'old')], { from })
    .output('x', [RAW]);
  ann.start('p', 'b').input('x', [RAW]).output('y', [MODEL]);
  const text = draw(story.view(), MODEL, 'text');
  assert.match(text, /└─ p\/a .*\(by content only\)/);
  assert.match(text, /└─ \? {2}use f{13} {2}\(not known here; its pipeline may not have been fetched: git cmf pull\)/);
  assert.match(draw(story.view(), MODEL, 'text', { depthMax: 1 }), /x {2}blake3:\S+ {2}\(goes on\)/);
});

it('opens a node once, and ends in a circle', () => {
  const story = history();
  const ann = story.writer('ann');
  ann.start('p', 'a').input('x', [RAW]).output('x', [RAW]).output('y', [CLEAN]);
  ann.start('p', 'b').input('x', [RAW]).input('y', [CLEAN]).output('m', [MODEL]);
  const text = draw(story.view(), MODEL, 'text');
  assert.match(text, /see above/);
  assert.ok(lines(text).length < 12);
});

it('does not draw deeper than a person can read', () => {
  const story = history();
  const ann = story.writer('ann');
  for (let i = 0; i < 100; i++) {
    ann
      .start('p', `s${i}`)
      .input('x', [digestOf('md5', `${i}`)])
      .output('x', [digestOf('md5', `${i + 1}`)]);
  }
  const text = draw(story.view(), digestOf('md5', '100'), 'text');
  assert.match(text, /goes on: --format json shows all/);
  assert.is(lines(text).length, 61);
  assert.is(JSON.parse(draw(story.view(), digestOf('md5', '100'), 'json')).nodes.length, 201);
});

it('gives the graph as a document', () => {
  const document = JSON.parse(draw(exampleStory().view, MODEL, 'json'));
  assert.is(document.schema, 'git-cmf/lineage/1');
  assert.equal(document.start, [MODEL]);
  const keys = new Set(document.nodes.map(({ key }: { key: string }) => key));
  assert.is(keys.size, 5);
  assert.is(document.edges.length, 4);
  for (const { from, to } of document.edges) assert.ok(keys.has(from) && keys.has(to));
});

it('draws for Graphviz', () => {
  assert.equal(lines(draw(exampleStory().view, MODEL, 'dot', { depthMax: 1 })), [
    'digraph lineage {',
    '  rankdir=LR;',
    `  n0 [shape=ellipse, label="m.pkl\\n${MODEL.slice(0, 19)}"];`,
    '  n1 [shape=box, label="churn/train\\n01900000-0002  failed  abababa*"];',
    `  n2 [shape=ellipse, label="clean.csv\\n${CLEAN.slice(0, 19)}\\ngoes on"];`,
    '  n1 -> n0;',
    '  n2 -> n1;',
    '}',
  ]);
});

it('draws for Mermaid', () => {
  assert.equal(lines(draw(exampleStory().view, MODEL, 'mermaid', { depthMax: 1 })), [
    'flowchart LR',
    `  n0(["m.pkl<br/>${MODEL.slice(0, 19)}"])`,
    '  n1["churn/train<br/>01900000-0002  failed  abababa#42;"]',
    `  n2(["clean.csv<br/>${CLEAN.slice(0, 19)}<br/>goes on"])`,
    '  n1 --> n0',
    '  n2 --> n1',
  ]);
});

it('dashes what is known by content only', () => {
  const story = history();
  story.writer('ann').start('p', 'a').output('x', [RAW]);
  story.writer('ann').start('p', 'b').input('x', [RAW]).output('y', [MODEL]);
  assert.match(draw(story.view(), MODEL, 'dot'), 'n3 -> n2 [style=dashed, label="by content"];');
  assert.match(draw(story.view(), MODEL, 'mermaid'), 'n3 -. "by content" .-> n2');
});

it('lets no name break out of its label', () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  const nasty = fc.oneof(
    names,
    fc.constantFrom('"];', '"]', '\\', '\\"', '`x`', '#quot;', '<b>', '"<br/>', '\n', 'a"\n}'),
  );
  fc.assert(
    fc.property(
      nasty.filter((name) => name.isWellFormed()),
      (name) => {
        const story = history();
        story.writer('ann').start(name, name).output(name, [MODEL]);
        const view = story.view();
        const dot = lines(draw(view, MODEL, 'dot'));
        assert.is(dot.length, 6);
        for (const line of dot.slice(2, 4))
          assert.match(line, /^ {2}n\d \[shape=\w+, label="(?:[^"\\]|\\[\\"n])*"\];$/);
        const mermaid = lines(draw(view, MODEL, 'mermaid'));
        assert.is(mermaid.length, 4);
        for (const line of mermaid.slice(1, 3))
          assert.match(line, /^ {2}n\d(?:\(\[|\[)"(?:[^"<>`[\]]|<br\/>)*"(?:\]\)|\])$/);
        for (const format of LINEAGE_FORMATS)
          assert.is(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(draw(view, MODEL, format)), false);
      },
    ),
    { numRuns: 60 },
  );
});

it.run();
