import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactIndex } from '../../src/domain/artifact-index.ts';
import { CmfError, type ErrorCode } from '../../src/domain/errors.ts';
import { type Found, find, findExecution } from '../../src/domain/find.ts';
import { digestOf, type History, history } from '../helpers/history.ts';

const it = suite('find');

const X = digestOf('blake3', 'x');
const X5 = digestOf('md5', 'x');
const Y = digestOf('blake3', 'y');

const ONE = '01900000-aaaa-7000-8000-000000000001';
const TWO = '01900000-aaab-7000-8000-000000000002';

function story() {
  const told = history();
  const ann = told.writer('ann');
  const one = ann.start('demo', 'train', { id: ONE }).output('data/x.csv', [X, X5]);
  const two = ann.start('demo', 'test', { id: TWO }).input('data/x.csv', [Y]);
  return { told, one, two };
}

function found(told: History, typed: string, folder = ''): Found {
  const view = told.view();
  return find({ view, index: artifactIndex(view) }, typed, folder);
}

function describe(thing: Found): string {
  switch (thing.kind) {
    case 'execution':
      return thing.execution.id;
    case 'artifact':
      return thing.artifacts.map(({ key }) => key).join(' ');
    case 'use':
      return `use ${thing.use.operation.direction}`;
    case 'pipeline':
      return thing.pipeline.name;
    case 'stage':
      return `${thing.pipeline.name}/${thing.stage.name}`;
  }
}

function refusal(act: () => unknown): CmfError {
  try {
    act();
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const FOUND: readonly (readonly [typed: string, expected: string])[] = [
  [ONE, ONE],
  [ONE.toUpperCase(), ONE],
  [`execution:${ONE}`, ONE],
  ['01900000-aaab', TWO],
  [X, X],
  [X5, X],
  [X.slice(0, 'blake3:'.length + 6), X],
  [X.slice('blake3:'.length, 'blake3:'.length + 8), X],
  ['data/x.csv', Y],
  ['./data//x.csv', Y],
  ['path:data/x.csv', Y],
  ['demo', 'demo'],
  ['demo/train', 'demo/train'],
  ['train', 'demo/train'],
  ['stage:test', 'demo/test'],
  ['pipeline:demo', 'demo'],
];

for (const [typed, expected] of FOUND) {
  it(`finds ${typed.slice(0, 40)}`, () => assert.is(describe(found(story().told, typed)), expected));
}

it('takes paths relative to the current folder', () => {
  assert.is(describe(found(story().told, 'x.csv', 'data')), Y);
  assert.is(describe(found(story().told, '../data/x.csv', 'notes')), Y);
});

it('takes a URL as it was recorded', () => {
  const { told, one } = story();
  one.input('s3://bucket//k', ['etag:1']);
  assert.is(describe(found(told, 's3://bucket//k', 'data')), 'etag:1');
});

it('gives the latest use with the artifact of a path', () => {
  const thing = found(story().told, 'data/x.csv');
  assert.is(thing.kind === 'artifact' && thing.use?.execution, TWO);
});

it('finds a use, whole or from its beginning', () => {
  const { told, one } = story();
  const id = one.lastUse ?? '';
  assert.is(describe(found(told, id)), 'use output');
  assert.is(describe(found(told, `use:${id.slice(0, 12)}`)), 'use output');
});

it('gives all artifacts of an ambiguous digest', () => {
  const { told, two } = story();
  two.input('other', [Y, X5]);
  assert.equal(describe(found(told, X5)).split(' ').sort(), [X, Y].sort());
});

it('lists what an ambiguous text fits, each under a name that fits', () => {
  const { told } = story();
  const error = refusal(() => found(told, '0190'));
  assert.is(error.code, 'ambiguous');
  const names = [...error.message.matchAll(/^ {2}(\S+)/gm)].map(([, name = '']) => name);
  assert.equal(names.map((name) => describe(found(told, name))).sort(), [ONE, TWO]);
});

it('says so when a name is both a path and a pipeline', () => {
  const { told, one } = story();
  one.output('demo', [X]);
  const error = refusal(() => found(told, 'demo'));
  assert.match(error.message, /'demo' fits 2 things/);
  assert.is(describe(found(told, 'path:demo')), X);
  assert.is(describe(found(told, 'pipeline:demo')), 'demo');
});

it('tells pipelines of one name in two namespaces apart', () => {
  const { told } = story();
  told.writer('ann').start('demo', 'x', { namespace: 'lab' });
  assert.is(refusal(() => found(told, 'pipeline:demo')).code, 'ambiguous');
});

it('shows at most ten candidates', () => {
  const told = history();
  for (let i = 0; i < 13; i++)
    told.writer('ann').start('p', 's', { id: `01900000-aaaa-7000-8000-0000000000${10 + i}` });
  assert.match(refusal(() => found(told, '0190')).message, /… and 3 more$/);
});

const REFUSED: readonly (readonly [typed: string, code: ErrorCode])[] = [
  ['019', 'not-found'],
  ['no/such/path', 'not-found'],
  ['md5:ffff', 'not-found'],
  ['', 'not-found'],
  ['../outside', 'not-found'],
  ['execution:demo', 'not-found'],
];

for (const [typed, code] of REFUSED) {
  it(`finds nothing called '${typed}'`, () => assert.is(refusal(() => found(story().told, typed)).code, code));
}

it('says that nothing is recorded where nothing is', () => {
  assert.is(refusal(() => found(history(), 'demo')).code, 'no-data');
  assert.is(refusal(() => findExecution(history().view(), ONE)).code, 'no-data');
});

it('finds an execution by its id or a beginning of it', () => {
  const view = story().told.view();
  assert.is(findExecution(view, ONE).id, ONE);
  assert.is(findExecution(view, `execution:${TWO}`).id, TWO);
  assert.is(findExecution(view, '01900000-aaaa').id, ONE);
  assert.is(refusal(() => findExecution(view, '01900000')).code, 'ambiguous');
  assert.is(refusal(() => findExecution(view, '019')).code, 'not-found');
  assert.is(refusal(() => findExecution(view, 'demo')).code, 'not-found');
});

it.run();
