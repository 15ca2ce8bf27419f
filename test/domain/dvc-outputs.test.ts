import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findOutputs, pointerConflict } from '../../src/domain/dvc-outputs.ts';

const test = suite('dvc-outputs');

test('pointers, stages and locks name what they own, relative to the top', () => {
  const found = findOutputs([
    { path: 'data/raw.dvc', text: 'outs:\n- path: raw\n' },
    { path: 'a.dvc', text: 'wdir: ../..\nouts:\n- path: b\n' },
    { path: 'remote.dvc', text: 'outs:\n- path: s3://bucket/x\n- path: /etc/x\n' },
    {
      path: 'pipe/dvc.yaml',
      text:
        'stages:\n  train:\n    wdir: work\n    cmd: x\n    deps: [in]\n    outs:\n    - model\n    - ../log: {cache: false}\n' +
        '    metrics: [m.json]\n    plots: [p.csv]\n  each:\n    foreach: [1, 2]\n    do:\n      wdir: w\n      cmd: x\n' +
        '      outs: ["o${item}", fixed]\nplots: [not-an-output.csv]\n',
    },
    {
      path: 'pipe/dvc.lock',
      text:
        "schema: '2.0'\nstages:\n  train:\n    outs:\n    - {path: model, md5: x}\n  each@1:\n    outs:\n    - {path: o1}\n" +
        '  gone:\n    outs:\n    - {path: g}\n',
    },
  ]);
  assert.equal(
    found.outputs.map(({ path, owner }) => `${owner}: ${path}`),
    [
      'data/raw.dvc: data/raw',
      'pipe/dvc.yaml: pipe/work/model',
      'pipe/dvc.yaml: pipe/log',
      'pipe/dvc.yaml: pipe/work/m.json',
      'pipe/dvc.yaml: pipe/work/p.csv',
      'pipe/dvc.yaml: pipe/w/fixed',
      'pipe/dvc.lock: pipe/work/model',
      'pipe/dvc.lock: pipe/w/o1',
      'pipe/dvc.lock: pipe/g',
    ],
  );
  assert.equal(found.unreadable, []);
});

test('a file that cannot be read is named and hides no other', () => {
  const found = findOutputs([
    { path: 'bad.dvc', text: 'outs: [' },
    { path: 'dvc.yaml', text: 'stages: text' },
    { path: 'good.dvc', text: 'outs: [{path: good}]' },
  ]);
  assert.equal(found.outputs, [{ path: 'good', owner: 'good.dvc' }]);
  assert.equal(
    found.unreadable.map(({ path }) => path),
    ['bad.dvc'],
  );
  assert.match(found.unreadable[0]?.message ?? '', /^bad\.dvc /);
});

test('a path conflicts with an output that is it, holds it or lies in it', () => {
  const outputs = [
    { path: 'data', owner: 'data.dvc' },
    { path: 'm/model', owner: 'dvc.yaml' },
  ];
  const kindOf = (path: string): string | undefined => pointerConflict(path, outputs)?.kind;
  assert.is(kindOf('data'), undefined, 'its own pointer');
  assert.is(kindOf('m/model'), 'same');
  assert.is(kindOf('data/part'), 'inside');
  assert.is(kindOf('m'), 'around');
  assert.is(kindOf('data2'), undefined);
  assert.is(kindOf('dat'), undefined);
  assert.is(pointerConflict('data', [...outputs, { path: 'data', owner: 'dvc.yaml' }])?.output.owner, 'dvc.yaml');
  assert.is(pointerConflict('x', [{ path: '', owner: 'all.dvc' }])?.kind, 'inside');
});

test.run();
