import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatDigest } from '../../src/domain/digest.ts';
import { draftsOfRun, producersOf } from '../../src/domain/dvc-drafts.ts';
import { parseLock } from '../../src/domain/dvc-lock.ts';
import { NO_ROLES, readRoles } from '../../src/domain/dvc-roles.ts';
import { type DvcRun, runOfPointer, runOfStage } from '../../src/domain/dvc-runs.ts';
import { useId } from '../../src/domain/operation.ts';

const it = suite('dvc-runs');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';
const PLACE = { namespace: '', pipeline: 'churn', file: 'dvc.lock' };

function runOf(stage: string, yaml?: string, file = 'dvc.lock'): DvcRun {
  const [read] = parseLock(`schema: '2.0'\nstages:\n  s:\n    cmd: x\n${stage}`, file);
  if (read === undefined) throw new Error('no stage');
  return runOfStage(read, yaml === undefined ? NO_ROLES : readRoles(yaml, 'dvc.yaml'), { ...PLACE, file });
}

function pointer(text: string): DvcRun {
  return runOfPointer(text, 'sha1:0', { ...PLACE, file: 'data/x.dvc' });
}

function pathsOf(uses: DvcRun['inputs']): string[] {
  return uses.map(({ path, digests }) => `${String(path)} ${digests.map(formatDigest).join()}`);
}

it('records no user and password of what was imported by URL', () => {
  const url = 'https://ann:secret@data.invalid/x.csv';
  const run = pointer(
    `deps:\n- etag: '"abc"'\n  size: 4\n  path: ${url}\nouts:\n- md5: ${MD5}\n  hash: md5\n  path: x.csv\n`,
  );
  assert.equal(pathsOf(run.inputs), ['https://data.invalid/x.csv etag:abc']);
  assert.is(run.props.get('url'), 'https://data.invalid/x.csv');
  const drafts = draftsOfRun(
    run,
    { commit: `sha1:${'0'.repeat(40)}`, repository: undefined, atMs: 1 },
    new Map(),
    new Map(),
  );
  assert.not.match(JSON.stringify(drafts), 'secret');
});

it('takes what dvc import read for what it wrote', () => {
  const text = `deps:\n- path: w.txt\n  repo: {url: 'git@host:lib.git', rev: v1, rev_lock: abc}\nouts:\n- {md5: ${MD5}, hash: md5, path: w.txt}\n`;
  const run = pointer(text);
  assert.equal(pathsOf(run.inputs), [`host:lib.git#w.txt md5:${MD5}`]);
  assert.equal([run.props.get('rev'), run.props.get('rev_lock')], ['v1', 'abc']);
});

it('reads a stage that DVC kept in a .dvc file before 1.0', () => {
  const run = pointer(`cmd: make x\ndeps:\n- {md5: ${MD5}, path: in}\nouts:\n- {md5: ${MD5}, path: out}\n`);
  assert.equal([run.stage, run.commands], ['x', ['make x']]);
  assert.equal(pathsOf(run.inputs), [`data/in md5-dos2unix:${MD5}`]);
});

it('goes by content: notes make no other run, a hash does', () => {
  const text = (md5: string, more = '') => `outs:\n- path: x\n  hash: md5\n  md5: ${md5}\n${more}`;
  assert.is(pointer(text(MD5)).execution, pointer(text(MD5, '  desc: better said\n')).execution);
  assert.is.not(pointer(text(MD5)).execution, pointer(text(MD5.replace('d', 'e'))).execution);
  assert.is.not(runOf('').execution, runOf('', undefined, 'a/dvc.lock').execution);
});

it('resolves paths against the folder of the stage, and keeps those of other places', () => {
  const yaml = 'stages: {s: {cmd: x, wdir: ../w}}\n';
  const entry = (path: string) => `    - {path: '${path}', hash: md5, md5: ${MD5}}\n`;
  const run = runOf(
    `    deps:\n${entry('a')}${entry('/srv/b')}${entry('s3://k/c')}${entry('C:/d')}`,
    yaml,
    'p/dvc.lock',
  );
  assert.equal(
    run.inputs.map(({ path }) => path),
    ['w/a', '/srv/b', 's3://k/c', 'C:/d'],
  );
  assert.is(run.pipeline, 'p');
  assert.throws(() => runOf(`    deps:\n${entry('../../a')}`, yaml, 'p/dvc.lock'), /leads out of the repository/);
});

it('lists a use once, and names by its id what an input came from', () => {
  const entry = `    - {path: a, hash: md5, md5: ${MD5}}\n`;
  const [maker, user] = [runOf(`    outs:\n${entry}${entry}`), runOf(`    deps:\n${entry}`)];
  const [output] = maker.outputs;
  assert.is(maker.outputs.length, 1);
  assert.is(output?.id, output && useId(maker.execution, output));
  const date = { commit: `sha1:${'0'.repeat(40)}`, repository: undefined, atMs: 7 };
  const drafts = draftsOfRun(user, date, producersOf([maker, user]), new Map([['auc', 1]]));
  const use = drafts.map(({ operation }) => operation).find(({ kind }) => kind === 'use');
  assert.is(use?.kind === 'use' ? use.from : undefined, output?.id);
  assert.ok(drafts.every(({ atMs }) => atMs === 7));
  assert.equal(
    drafts.map(({ operation }) => operation.kind),
    ['execution', 'attempt.start', 'set', 'use', 'metric', 'attempt.end'],
  );
});

it('shares many parameters out to several records, and refuses one that fits none', () => {
  const params = (count: number, length: number) =>
    `    params:\n      params.yaml:\n${Array.from({ length: count }, (_, i) => `        p${i}: ${'v'.repeat(length)}\n`).join('')}`;
  const date = { commit: `sha1:${'0'.repeat(40)}`, repository: undefined, atMs: 7 };
  const drafts = draftsOfRun(runOf(params(30, 10_000)), date, new Map(), new Map());
  const sets = drafts.filter(({ operation }) => operation.kind === 'set');
  assert.ok(sets.length > 5 && sets.length < 12, String(sets.length));
  assert.throws(() => draftsOfRun(runOf(params(1, 60_000)), date, new Map(), new Map()), /more than a record holds/);
});

it.run();
