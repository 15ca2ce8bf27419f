import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fits, NO_ROLES, readRoles } from '../../src/domain/dvc-roles.ts';

const it = suite('dvc-roles');

const YAML = `stages:
  train:
    cmd: x
    wdir: work
    frozen: true
    desc: trains
    meta: {owner: ann, cmf: {blake3: x}}
    outs: [a, {b: {type: model, labels: [l], cache: false}}]
    metrics: [{m.json: {cache: false}}]
    plots: [p.csv]
  each:
    foreach: [1]
    do:
      cmd: x
      metrics: [{"m-\${item}.json": {cache: false}}]
metrics: [shared.json]
artifacts:
  churn: {path: model.bin, type: model, desc: d}
`;

it('tells roles, folders and notes, of repeated stages too', () => {
  const roles = readRoles(YAML, 'dvc.yaml');
  const train = roles.stage('train');
  assert.equal([train.wdir, train.frozen, train.notes], ['work', true, { desc: 'trains', meta: { owner: 'ann' } }]);
  const kinds = ['a', 'b', 'm.json', 'p.csv', 'shared.json', 'other'].map((path) => train.roleOf(path)?.kind);
  assert.equal(kinds, ['out', 'out', 'metrics', 'plots', 'metrics', undefined]);
  assert.equal(train.roleOf('b')?.notes, { type: 'model', labels: ['l'] });
  assert.is(roles.stage('each@1').roleOf('m-1.json')?.kind, 'metrics');
  assert.equal([...roles.artifacts], [['model.bin', { type: 'model', desc: 'd', name: 'churn' }]]);
  assert.is(roles.stage('gone').wdir, '.');
  assert.equal(
    [train.isDeclared, roles.stage('each@1').isDeclared, roles.stage('gone').isDeclared],
    [true, true, false],
  );
  assert.equal([train.roleOf('a')?.cached, train.roleOf('b')?.cached], [true, false]);
  assert.is(NO_ROLES.stage('x').roleOf('y'), undefined);
});

it('refuses a folder that is no text, when the stage is asked for', () => {
  assert.throws(() => readRoles('stages: {a: {cmd: x, wdir: [1]}}\n', 'dvc.yaml').stage('a'), /wdir/);
});

it('fits a template to all that it can stand for', () => {
  const part = fc.stringMatching(/^[a-c/.]{0,3}$/);
  const law = (fixed: readonly string[], filled: readonly string[]): void => {
    const path = fixed.map((one, i) => one + (i < fixed.length - 1 ? (filled[i] ?? '') : '')).join('');
    assert.ok(fits(fixed.join('${item}'), path));
  };
  fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(part, { maxLength: 3 }), law));
  for (const path of ['m-1.txt', 'x-1.json', 'm-.jso', 'm.json']) assert.not(fits('m-${item}.json', path), path);
});

it('does not guess where templates do not agree', () => {
  const yaml = (metrics: string) =>
    `stages: {s: {cmd: x, outs: ["\${model}"], metrics: [{"\${metrics}": {${metrics}}}]}}`;
  assert.is(readRoles(yaml('cache: false'), 'dvc.yaml').stage('s').roleOf('model.bin')?.isUnsure, true);
  assert.is(readRoles(yaml('desc: all alike'), 'dvc.yaml').stage('s').roleOf('model.bin')?.isUnsure, false);
});

it.run();
