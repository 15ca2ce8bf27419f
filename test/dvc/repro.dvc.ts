/** A pipeline that the real DVC runs, imported after every run. */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { displayValue } from '../../src/domain/value.ts';
import { git } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, viewAt } from '../helpers/sites.ts';
import { writeBelow } from './odd-content.ts';
import { assertClean, dvc, makeDvcRepository } from './real-dvc.ts';

const it = suite('dvc: import from what DVC ran');

let root: string;

type Report = { readonly added: Readonly<Record<string, number>>; readonly leftOut: readonly unknown[] };

async function importAll(): Promise<Report> {
  return JSON.parse((await cmf(root, ['import', 'dvc', '--all-commits', '-p', 'churn', '--json'])).stdout) as Report;
}

async function commit(message: string): Promise<void> {
  await git(['add', '--all'], { cwd: root });
  await git(['commit', '--quiet', '-m', message], { cwd: root });
}

it('a pipeline is made, and run', async () => {
  root = await makeDvcRepository('dvc');
  await cmf(root, ['init', '--quiet']);
  writeBelow(root, 'data/raw.csv', 'a,1\nb,2\n');
  await dvc(root, ['add', '--quiet', 'data/raw.csv']);
  writeBelow(root, 'params.yaml', 'train:\n  lr: 0.10\n  name: baseline\nlanguages: [de, fr]\n');
  writeBelow(
    root,
    'train',
    '#!/bin/sh\nsed s/a/b/ features/all > model.bin\necho "{\\"auc\\": 0.9}" > metrics.json\nprintf "step,loss\\n0,1.5\\n1,0.5\\n" > loss.csv\n',
  );
  chmodSync(join(root, 'train'), 0o755);
  await dvc(root, [
    'stage',
    'add',
    '--quiet',
    '-n',
    'prepare',
    '-d',
    'data/raw.csv',
    '-o',
    'features',
    'mkdir -p features && cp data/raw.csv features/all',
  ]);
  await dvc(root, [
    'stage',
    'add',
    '--quiet',
    '-n',
    'train',
    '-d',
    'features',
    '-d',
    'train',
    '-p',
    'train.lr,train.name',
    '-o',
    'model.bin',
    '-M',
    'metrics.json',
    '--plots-no-cache',
    'loss.csv',
    './train',
  ]);
  // What `dvc stage add` has no words for.
  writeBelow(
    root,
    'score/dvc.yaml',
    'stages:\n  score:\n    foreach: [de, fr]\n    do:\n      cmd: echo ${item} > ${item}.txt\n      deps: [../model.bin]\n      outs: ["${item}.txt"]\n',
  );
  await dvc(root, ['repro', '--quiet', '--all-pipelines']);
  await commit('first run');
  // As an experiment, which DVC keeps in refs of its own and applies to the work tree.
  await dvc(root, ['exp', 'run', '--quiet', '--name', 'faster', '--set-param', 'train.lr=0.2']);
  await commit('second run');
});

it('every run is an execution, with parameters, metrics and what it read and wrote', async () => {
  const report = await importAll();
  assert.equal(report.leftOut, []);
  const view = await viewAt(root);
  const { items } = await cmfJson(root, ['list', 'executions']);
  const runs = items.map(({ id, pipeline, stage, status, params, metrics }) => {
    const uses = [...view.executions].find(([known]) => known === id)?.[1].uses ?? [];
    const named = uses.map(({ operation }) => `${operation.direction} ${displayValue(operation.path)}`).sort();
    return [`${pipeline}/${stage}`, status, params, metrics, ...named];
  });
  const files = ['input features', 'input train', 'output loss.csv', 'output metrics.json', 'output model.bin'];
  const expected = [
    ['churn/import', 'succeeded', {}, {}, 'output data/raw.csv'],
    ['churn/prepare', 'succeeded', {}, {}, 'input data/raw.csv', 'output features'],
    ['churn/train', 'succeeded', { 'train.lr': 0.1, 'train.name': 'baseline' }, { auc: 0.9 }, ...files],
    ['churn/train', 'succeeded', { 'train.lr': 0.2, 'train.name': 'baseline' }, { auc: 0.9 }, ...files],
    ['score/score@de', 'succeeded', {}, {}, 'input model.bin', 'output score/de.txt'],
    ['score/score@fr', 'succeeded', {}, {}, 'input model.bin', 'output score/fr.txt'],
  ];
  assert.equal(inOrder(runs), inOrder(expected));
});

function inOrder(runs: readonly unknown[]): string[] {
  return runs.map((run) => JSON.stringify(run)).sort();
}

it('lineage goes from the last stage to the data that was added', async () => {
  const { stdout } = await cmf(root, ['lineage', 'score/de.txt', '--up']);
  const names = [...stdout.matchAll(/[a-z][^ ]*\/[^ ]+|model\.bin|features|train(?= )/g)].map(([name]) => name);
  assert.equal(names, [
    'score/de.txt',
    'score/score@de',
    'model.bin',
    'churn/train',
    'features',
    'churn/prepare',
    'data/raw.csv',
    'churn/import',
    'train',
  ]);
});

it('what stages wrote is brought back as if it had a pointer', async () => {
  for (const path of ['model.bin', 'features', 'score/de.txt']) rmSync(join(root, path), { recursive: true });
  await cmf(root, ['artifact', 'checkout']);
  await assertClean(root);
});

it('the second import adds nothing, and neither program disturbs the other', async () => {
  assert.is((await importAll()).added['entries'], 0);
  await assertClean(root);
  assert.match((await dvc(root, ['exp', 'list', '--all'])).stdout, /faster/);
});

it.run();
