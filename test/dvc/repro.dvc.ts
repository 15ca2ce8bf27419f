/** A pipeline that the real DVC runs, imported after every run. */
import { chmodSync } from 'node:fs';
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

type Report = { readonly found: Readonly<Record<string, number>>; readonly added: Readonly<Record<string, number>> };

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
    '#!/bin/sh\ncp features/all model.bin\necho "{\\"auc\\": 0.9}" > metrics.json\nprintf "step,loss\\n0,1.5\\n1,0.5\\n" > loss.csv\n',
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
  await dvc(root, ['repro', '--quiet', '--set-param', 'train.lr=0.2'], { expectExit: 'any' });
  await dvc(root, ['exp', 'run', '--quiet', '--set-param', 'train.lr=0.2'], { expectExit: 'any' });
  await commit('second run');
});

it('everything is there once', async () => {
  const report = await importAll();
  const { items } = await cmfJson(root, ['list', 'executions']);
  console.log(
    JSON.stringify(report),
    items.map(({ pipeline, stage, params }) => [pipeline, stage, params]),
  );
  assert.is((await importAll()).added['entries'], 0);
  await assertClean(root);
  void viewAt;
  void displayValue;
});

it.run();
