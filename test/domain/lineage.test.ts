import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDigest } from '../../src/domain/digest.ts';
import type { UseId } from '../../src/domain/ids.ts';
import { type LineageStart, lineage, lineageSources } from '../../src/domain/lineage.ts';
import type { Lineage, LineageDirection } from '../../src/domain/lineage-graph.ts';
import type { View } from '../../src/domain/view.ts';
import { digestOf, type ExecutionStory, type History, history } from '../helpers/history.ts';

const it = suite('lineage');

const RAW = digestOf('blake3', 'raw');
const CLEAN = digestOf('blake3', 'clean');
const MODEL = digestOf('blake3', 'model');
const EMPTY = digestOf('blake3', '');

function walk(view: View, start: LineageStart | string, direction: LineageDirection, depthMax?: number): Lineage {
  const sources = lineageSources(view);
  const from: LineageStart =
    typeof start === 'string'
      ? { kind: 'artifact', artifacts: sources.index.resolveDigest(parseDigest(start)) }
      : start;
  return lineage(sources, from, { directions: [direction], ...(depthMax === undefined ? {} : { depthMax }) });
}

function at(view: View, { id }: ExecutionStory): LineageStart {
  const execution = view.executions.get(id);
  if (execution === undefined) throw new Error(`no execution ${id}`);
  return { kind: 'execution', execution };
}

function nodes(found: Lineage): string[] {
  return [...found.nodes.keys()].sort();
}

/** Three steps in three pipelines. */
function chain() {
  const story = history();
  const ann = story.writer('ann');
  const clean = ann.start('ingest', 'clean').input('raw.csv', [RAW]).output('clean.csv', [CLEAN]);
  const train = ann.start('train', 'fit').input('clean.csv', [CLEAN]).output('model.pkl', [MODEL]);
  const use = story.writer('bob').start('serve', 'load').input('m.pkl', [MODEL]);
  return { story, clean, train, use };
}

it('goes up and down across pipelines', () => {
  const { story, clean, train, use } = chain();
  const view = story.view();
  const keys = [clean.id, train.id];
  assert.equal(nodes(walk(view, MODEL, 'up')), [...keys, RAW, CLEAN, MODEL].sort());
  assert.equal(nodes(walk(view, CLEAN, 'down')), [CLEAN, MODEL, train.id, use.id].sort());
});

it('points edges the way the data went, in both directions', () => {
  const { story, train } = chain();
  for (const direction of ['up', 'down'] as const) {
    for (const { from, to, use } of walk(story.view(), at(story.view(), train), direction).edges) {
      const ends = use.operation.direction === 'input' ? [from, to] : [to, from];
      assert.is(ends[1], use.execution);
      assert.match(ends[0] ?? '', /^blake3:/);
    }
  }
});

it('counts depth in executions and says where there is more', () => {
  const { story, train } = chain();
  const found = walk(story.view(), MODEL, 'up', 1);
  assert.equal(nodes(found), [CLEAN, MODEL, train.id].sort());
  const clean = found.nodes.get(CLEAN);
  assert.ok(clean?.kind === 'artifact' && clean.hasMore && clean.depth === 1);
  const whole = walk(story.view(), MODEL, 'up', 2);
  assert.ok([...whole.nodes.values()].every((node) => node.kind !== 'artifact' || !node.hasMore));
});

it('with depth 0 shows the start alone', () => {
  const { story } = chain();
  assert.equal(nodes(walk(story.view(), MODEL, 'up', 0)), [MODEL]);
});

it('follows `from` to that one execution, and the content only where nothing was said', () => {
  const story = history();
  const ann = story.writer('ann');
  const writers = Array.from({ length: 5 }, () => ann.start('p', 'make').output('empty', [EMPTY]));
  const stated = ann.start('p', 'read').input('empty', [EMPTY], { from: writers[2]?.lastUse });
  const silent = ann.start('p', 'read').input('empty', [EMPTY]);
  const view = story.view();
  assert.equal(
    nodes(walk(view, at(view, stated), 'up')).filter((key) => !key.includes(':')),
    [stated.id, writers[2]?.id].sort(),
  );
  assert.is(walk(view, at(view, stated), 'up').edges.filter(({ byContent }) => byContent).length, 0);
  const guessed = walk(view, at(view, silent), 'up');
  assert.is(guessed.edges.filter(({ byContent }) => byContent).length, 5);
  const below = walk(view, at(view, writers[0] as ExecutionStory), 'down');
  assert.equal(
    nodes(below).filter((key) => !key.includes(':')),
    [silent.id, writers[0]?.id].sort(),
  );
  assert.equal(
    below.edges.map(({ to, byContent }) => [to, byContent]),
    [
      [EMPTY, false],
      [silent.id, true],
    ],
  );
});

it('joins uses whose digests are of different kinds when one says it comes from the other', () => {
  const story = history();
  const ann = story.writer('ann');
  const make = ann.start('p', 'make').output('s3://b/x', ['etag:1']);
  const read = ann.start('p', 'read').input('x', [RAW], { from: make.lastUse });
  const view = story.view();
  assert.ok(walk(view, at(view, read), 'up').nodes.has(make.id));
  assert.ok(walk(view, at(view, make), 'down').nodes.has(read.id));
  assert.ok(walk(view, 'etag:1', 'down').nodes.has(read.id));
});

it('says when a producer is not known here', () => {
  const story = history();
  const from = 'f'.repeat(64) as UseId;
  const read = story.writer('ann').start('p', 'read').input('x', [RAW], { from });
  const found = walk(story.view(), at(story.view(), read), 'up');
  assert.is(found.nodes.get(`?${from}`)?.kind, 'missing');
  assert.ok(found.edges.some((edge) => edge.from === `?${from}` && edge.to === RAW));
});

it('ends in a circle', () => {
  const story = history();
  const ann = story.writer('ann');
  const one = ann.start('p', 'a').input('x', [RAW]).output('y', [CLEAN]).output('x', [RAW]);
  const two = ann.start('p', 'b').input('y', [CLEAN]).output('x', [RAW]);
  for (const direction of ['up', 'down'] as const) {
    const found = walk(story.view(), RAW, direction);
    assert.ok(found.nodes.has(one.id) && found.nodes.has(two.id));
  }
});

it('stays linear where many wrote and many read the same empty file', () => {
  const story = history();
  const ann = story.writer('ann');
  for (let i = 0; i < 200; i++) ann.start('p', 'a').input('in', [EMPTY]).output('out', [EMPTY]);
  const found = walk(story.view(), EMPTY, 'up');
  assert.is(found.nodes.size, 201);
  assert.is(found.edges.length, 400);
});

it('begins at one use and leaves the rest of its execution alone', () => {
  const { story, train, clean } = chain();
  train.input('other.csv', [RAW]);
  const view = story.view();
  const use = view.executions.get(train.id)?.uses.find(({ operation }) => operation.path === 'clean.csv');
  if (use === undefined) throw new Error('no use');
  const found = walk(view, { kind: 'use', use }, 'up');
  assert.ok(found.nodes.has(clean.id));
  assert.ok(found.edges.every(({ use: { operation } }) => operation.path !== 'other.csv'));
  for (const { from, to } of found.edges) assert.ok(found.nodes.has(from) && found.nodes.has(to));
});

it('unites both directions in one graph', () => {
  const { story, train } = chain();
  const sources = lineageSources(story.view());
  const found = lineage(sources, at(story.view(), train), { directions: ['up', 'down'] });
  assert.is(found.nodes.size, 6);
  assert.is(found.edges.length, 5);
});

type Line = { readonly reads: readonly string[]; readonly writes: readonly string[]; readonly from: number };

/** Executions over five contents; some say which earlier output they read. */
function tell(lines: readonly Line[]): { readonly story: History; readonly runs: readonly ExecutionStory[] } {
  const story = history();
  const outputs: UseId[] = [];
  const runs = lines.map((line) => {
    const run = story.writer('ann').start('p', 's');
    for (const [i, content] of line.reads.entries()) {
      const from = outputs[(line.from + i) % (outputs.length + 2)];
      run.input(`in ${i}`, [digestOf('blake3', content)], from === undefined ? {} : { from });
    }
    for (const [i, content] of line.writes.entries()) {
      run.output(`out ${i}`, [digestOf('blake3', content)]);
      if (run.lastUse !== undefined) outputs.push(run.lastUse);
    }
    return run;
  });
  return { story, runs };
}

const contents = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 2 });
const lines = fc.array(fc.record({ reads: contents, writes: contents, from: fc.nat(20) }), {
  minLength: 1,
  maxLength: 8,
});

it('has below whatever has it above, and the other way round', () => {
  fc.assert(
    fc.property(lines, (told) => {
      const { story, runs } = tell(told);
      const view = story.view();
      const starts = new Map<string, LineageStart>(runs.map((run) => [run.id as string, at(view, run)]));
      for (const artifact of lineageSources(view).index.artifacts) {
        starts.set(artifact.key, { kind: 'artifact', artifacts: [artifact] });
      }
      const reached = (direction: LineageDirection) =>
        new Map([...starts].map(([key, start]) => [key, walk(view, start, direction).nodes]));
      const up = reached('up');
      const down = reached('down');
      const isExecution = (key: string) => !key.includes(':');
      for (const one of starts.keys()) {
        for (const other of starts.keys()) {
          // Through an artifact without a statement any producer counts, so only executions are exactly inverse.
          if (!isExecution(one) || !isExecution(other)) continue;
          assert.is(up.get(one)?.has(other), down.get(other)?.has(one), `${one} ${other}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('never draws an edge to a node that is not there, at any depth', () => {
  fc.assert(
    fc.property(lines, fc.nat(3), fc.constantFrom<LineageDirection>('up', 'down'), (told, depth, direction) => {
      const { story, runs } = tell(told);
      const view = story.view();
      const found = walk(view, at(view, runs[0] as ExecutionStory), direction, depth);
      for (const { from, to } of found.edges) assert.ok(found.nodes.has(from) && found.nodes.has(to));
      for (const node of found.nodes.values()) assert.ok(node.depth <= depth);
    }),
    { numRuns: 60 },
  );
});

it.run();
