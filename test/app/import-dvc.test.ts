import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DvcImportReport, type DvcImportRequest, importDvc } from '../../src/app/import-dvc.ts';
import { readView } from '../../src/app/read-state.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { codeOf, commandOf, lastValue, startedMs } from '../../src/domain/execution-facts.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import { displayValue, type StoredValue } from '../../src/domain/value.ts';
import { chain, type DvcCommit, goldenHistory, writeHistory } from '../helpers/dvc-history.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { entriesOf, openWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite('app: import from DVC');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';
const ALL: DvcImportRequest = { revisions: undefined, pipeline: 'churn', isDryRun: false };
const HEAD: DvcImportRequest = { ...ALL, revisions: ['HEAD'] };

async function withHistory(commits: readonly DvcCommit[], body: (place: WritingClone) => Promise<void>): Promise<void> {
  const directory = await makeRepository();
  if (commits.length > 0) await writeHistory(directory, commits);
  const place = await openWritingClone(directory);
  try {
    await body(place);
  } finally {
    await place.clone.repository.close();
  }
}

async function runsOf({ clone }: WritingClone): Promise<ExecutionView[]> {
  return [...(await readView(clone)).executions.values()];
}

function nameOf({ identity }: ExecutionView): string {
  const { pipeline = '?', stage = '?' } = identity[0]?.value ?? {};
  return `${pipeline}/${stage}`;
}

function usesOf({ uses }: ExecutionView, direction: string): string[] {
  return uses
    .filter(({ operation }) => operation.direction === direction)
    .map(({ operation: { path, digests } }) => `${displayValue(path)} ${digests.map(({ kind }) => kind).join()}`)
    .sort();
}

function fieldOf({ fields }: Pick<ExecutionView, 'fields'>, name: string): StoredValue | undefined {
  return fields.get(name)?.[0]?.value;
}

function lock(stages: string): string {
  return `schema: '2.0'\nstages:\n${stages}`;
}

function stage(name: string, out: string, md5 = MD5): string {
  return `  ${name}:\n    cmd: make ${out}\n    outs:\n    - path: ${out}\n      hash: md5\n      md5: ${md5}\n      size: 3\n`;
}

it('finds in a history of DVC what ran', () =>
  withHistory(goldenHistory(), async (place) => {
    const report = await importDvc(place.clone, ALL);
    assert.equal(report.leftOut, []);
    const runs = await runsOf(place);
    const tally = new Map<string, number>();
    for (const run of runs) tally.set(nameOf(run), (tally.get(nameOf(run)) ?? 0) + 1);
    assert.equal(Object.fromEntries([...tally].sort()), {
      'churn/each@a': 1,
      'churn/each@b': 1,
      'churn/grid@de-1': 1,
      'churn/grid@de-2': 1,
      'churn/import': 4,
      'churn/prepare': 3,
      'churn/train': 3,
      'eval/report': 1,
    });
    assert.is(report.found.executions, runs.length);
    assert.equal(report.added, { ...report.found, entries: (await entriesOf(place.clone)).length });
    assert.ok(runs.every(({ status }) => status === 'succeeded'));
  }));

it('keeps commands, types, metrics, roles and where inputs came from', () =>
  withHistory(goldenHistory(), async (place) => {
    await importDvc(place.clone, ALL);
    const runs = await runsOf(place);
    const first = runs.find((run) => nameOf(run) === 'churn/train' && fieldOf(run, 'param.train.lr') === 0.1);
    assert.ok(first !== undefined);
    assert.equal(commandOf(first.latest)?.slice(0, 2), ['sh', '-ec']);
    assert.equal(fieldOf(first, 'param.train.eps'), { $num: '1e-08' });
    assert.equal(fieldOf(first, 'param.train.name'), '1.0');
    assert.equal(fieldOf(first, 'param.train.layers'), [16, 8]);
    assert.equal(lastValue(first, 'auc'), { $num: '0.90' });
    assert.equal(lastValue(first, 'deep.bad'), { $num: 'NaN' });
    assert.equal(usesOf(first, 'output'), ['metrics.json md5', 'model.bin md5']);
    const model = first.uses.find(({ operation }) => operation.path === 'model.bin');
    assert.equal([model && fieldOf(model, 'name'), model && fieldOf(model, 'type')], ['churn-model', 'model']);
    const input = first.uses.find(({ operation }) => operation.direction === 'input');
    const producer = runs.find(({ uses }) => uses.some(({ id }) => id === input?.operation.from));
    assert.is(producer && nameOf(producer), 'churn/prepare');
    assert.equal(producer && fieldOf(producer, 'prop.meta'), { owner: 'ann' });

    const report = runs.find((run) => nameOf(run) === 'eval/report');
    assert.equal(report && [...report.metrics.keys()], ['auc', 'totals.auc', 'totals.count']);
    assert.equal(report && lastValue(report, 'totals.count'), 3);
    assert.equal(report && usesOf(report, 'input'), ['model.bin md5']);
  }));

it('reads .dvc files and what they were imported from', () =>
  withHistory(goldenHistory(), async (place) => {
    await importDvc(place.clone, ALL);
    const imports = (await runsOf(place)).filter((run) => nameOf(run) === 'churn/import');
    const byFile = new Map(imports.map((run) => [fieldOf(run, 'prop.dvc'), run]));
    const words = byFile.get('data/words.txt.dvc');
    assert.equal(words && usesOf(words, 'input'), ['../lib#words.txt md5']);
    assert.equal(words && usesOf(words, 'output'), ['data/words.txt md5']);
    assert.is(words && fieldOf(words, 'prop.url'), '../lib');
    const outside = byFile.get('data/outside.csv.dvc');
    assert.equal(outside && usesOf(outside, 'input'), ['/srv/outside.csv md5']);
    const raw = imports.find((run) => fieldOf(run, 'prop.dvc') === 'data/raw.csv.dvc')?.uses[0];
    assert.is(raw && fieldOf(raw, 'type'), 'dataset');
    assert.match(raw?.operation.pointer ?? '', /^sha1:[0-9a-f]{40}$/);
  }));

it('dates a run by the first commit that has it, whatever is imported', async () => {
  const commits = chain(
    { 'dvc.lock': lock(stage('a', 'x')) },
    { 'b.txt': '1' },
    { 'dvc.lock': lock(stage('b', 'y') + stage('a', 'x')) },
  );
  const seen = new Set<string>();
  for (const request of [ALL, HEAD]) {
    await withHistory(commits, async (place) => {
      await importDvc(place.clone, request);
      const run = (await runsOf(place)).find((one) => nameOf(one) === 'churn/a');
      assert.is(run && startedMs(run), 1_700_000_000_000);
      const { stdout } = await git(['rev-parse', 'HEAD~2'], { cwd: place.directory });
      assert.is(codeOf(run?.latest).commit, `sha1:${stdout.trim()}`);
      seen.add(run?.id ?? '');
    });
  }
  assert.is(seen.size, 1);
});

it('imports the commits that are named', () =>
  withHistory(
    chain(
      { 'dvc.lock': lock(stage('a', 'x')) },
      { 'dvc.lock': lock(stage('b', 'y')) },
      { 'dvc.lock': lock(stage('c', 'z')) },
    ),
    async (place) => {
      const report = await importDvc(place.clone, { ...ALL, revisions: ['main~1', 'HEAD'] });
      assert.equal([report.commits, report.files], [2, 2]);
      assert.equal((await runsOf(place)).map(nameOf).sort(), ['churn/b', 'churn/c']);
      try {
        await importDvc(place.clone, { ...ALL, revisions: ['nowhere'] });
        assert.unreachable();
      } catch (error) {
        assert.ok(error instanceof CmfError && error.code === 'not-found');
      }
    },
  ));

it('adds nothing twice, and what is missing', () =>
  withHistory(goldenHistory(), async (place) => {
    const dry = await importDvc(place.clone, { ...ALL, isDryRun: true });
    assert.equal(await entriesOf(place.clone), []);
    const one = await importDvc(place.clone, HEAD);
    const all = await importDvc(place.clone, ALL);
    assert.is(one.added.entries + all.added.entries, dry.added.entries);
    const before = await entriesOf(place.clone);
    assert.is((await importDvc(place.clone, ALL)).added.entries, 0);
    assert.equal(await entriesOf(place.clone), before);
  }));

it('calls the pipeline as the remote or the folder is called', () =>
  withHistory(chain({ 'dvc.lock': lock(stage('a', 'x')) }), async (place) => {
    const named = async (url: string): Promise<string> => {
      await git(['remote', 'add', 'origin', url], { cwd: place.directory });
      const again = await openWritingClone(place.directory);
      const report: DvcImportReport = await importDvc(again.clone, { ...HEAD, pipeline: undefined, isDryRun: true });
      await again.clone.repository.close();
      await git(['remote', 'remove', 'origin'], { cwd: place.directory });
      return report.pipeline;
    };
    assert.is(await named('https://git.invalid/team/churn.git'), 'churn');
    assert.is(await named('git@git.invalid:churn'), 'churn');
    assert.is(await named('/srv/git/churn/.git/'), 'churn');
  }));

const BOMB = Array.from({ length: 12 }, (_, i) => {
  const inner = i === 0 ? 'x' : `*a${i - 1}`;
  return `a${i}: &a${i} [${Array.from({ length: 10 }, () => inner).join(', ')}]\n`;
}).join('');

const HOSTILE: readonly (readonly [path: string, text: string])[] = [
  ['bomb/dvc.lock', `${BOMB}stages: {}\n`],
  ['deep/dvc.lock', `schema: '2.0'\nstages: ${'['.repeat(5000)}\n`],
  ['twice/dvc.lock', lock('  a:\n    cmd: x\n    cmd: y\n')],
  ['up/dvc.lock', lock(stage('a', '../../etc/passwd'))],
  ['up.dvc', `outs:\n- path: ../x\n  hash: md5\n  md5: ${MD5}\n`],
  ['wdir.dvc', `wdir: ../..\nouts:\n- path: x\n  hash: md5\n  md5: ${MD5}\n`],
  ['huge.dvc', `outs:\n- path: x\n  hash: md5\n  md5: ${MD5}\n  size: ${'9'.repeat(30)}\n`],
  ['nan.dvc', `outs:\n- path: x\n  hash: md5\n  md5: ${MD5}\n  size: .nan\n`],
  ['nul.dvc', `outs:\n- path: "x\\0y"\n  hash: md5\n  md5: ${MD5}\n`],
  ['half.dvc', `outs:\n- path: "x\\ud800"\n  hash: md5\n  md5: ${MD5}\n`],
  ['list.dvc', '- a\n'],
  ['digits/dvc.lock', lock(`  a:\n    cmd: x\n    params:\n      params.yaml:\n        n: ${'9'.repeat(9000)}\n`)],
  ['long/dvc.lock', lock(`  a:\n    cmd: ${'x'.repeat(60_000)}\n`)],
  ['value/dvc.lock', lock(`  a:\n    cmd: x\n    params:\n      params.yaml:\n        n: ${'x'.repeat(60_000)}\n`)],
  ['yaml/dvc.yaml', 'stages: {a: {cmd: x}, a: {cmd: y}}\n'],
];

it('names what cannot be read and imports the rest', () =>
  withHistory(
    chain({
      ...Object.fromEntries(HOSTILE),
      'dvc.lock': lock(stage('a', 'x')),
      'yaml/dvc.lock': lock(stage('b', 'y')),
    }),
    async (place) => {
      const report = await importDvc(place.clone, HEAD);
      const named = report.leftOut.map(({ path }) => path).sort();
      assert.equal([...new Set(named)], HOSTILE.map(([path]) => path).sort());
      assert.ok(report.leftOut.every(({ commit }) => /^[0-9a-f]{40}$/.test(commit)));
      assert.equal((await runsOf(place)).map(nameOf), ['churn/a']);
      assert.is((await importDvc(place.clone, HEAD)).added.entries, 0);
    },
  ));

it('keeps a stage whose neighbour is refused', () =>
  withHistory(chain({ 'dvc.lock': lock(stage('bad', '../x') + stage('good', 'y')) }), async (place) => {
    const report = await importDvc(place.clone, HEAD);
    assert.is(report.leftOut.length, 1);
    assert.match(report.leftOut[0]?.message ?? '', "stage 'bad'");
    assert.equal((await runsOf(place)).map(nameOf), ['churn/good']);
  }));

it('leaves metrics out that are not those of the run, and names those that cannot be read', async () => {
  const yaml = 'stages:\n  a:\n    cmd: x\n    metrics: [{m.json: {cache: false}}, {n.json: {cache: false}}]\n';
  const bad = '{"auc": ';
  const out = (path: string, md5: string) => `    - path: ${path}\n      hash: md5\n      md5: ${md5}\n`;
  const text = lock(
    `  a:\n    cmd: x\n    outs:\n${out('m.json', MD5)}${out('n.json', '32df4db02b2c6b2b8d9e6b3a0f7a0fdd')}`,
  );
  await withHistory(
    chain({ 'dvc.yaml': yaml, 'dvc.lock': text, 'm.json': '{"auc": 1}', 'n.json': bad }),
    async (place) => {
      const report = await importDvc(place.clone, HEAD);
      assert.is(report.found.metrics, 0);
      assert.equal(report.leftOut, []);
    },
  );
});

it('follows no link, reads nothing in .dvc, and is not led astray by a tag of a tree', () =>
  withHistory(chain({ '.dvc/x.dvc': 'outs: 1', 'a/dvc.lock': lock(stage('a', 'x')) }), async (place) => {
    const { directory } = place;
    await git(['tag', 'tree', 'HEAD^{tree}'], { cwd: directory });
    const link = (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: '../secret' })).stdout.trim();
    const tree = await git(['mktree'], { cwd: directory, input: `120000 blob ${link}\tdvc.lock\n` });
    const commit = await git(['commit-tree', '-m', 'link', tree.stdout.trim()], { cwd: directory });
    await git(['update-ref', 'refs/heads/link', commit.stdout.trim()], { cwd: directory });
    const report = await importDvc(place.clone, ALL);
    assert.equal(report.leftOut, []);
    assert.equal([report.commits, report.found.executions], [2, 1]);
  }));

it('has nothing to say of a repository without commits or without DVC', async () => {
  await withHistory([], async ({ clone }) => {
    assert.is((await importDvc(clone, ALL)).added.entries, 0);
    await importDvc(clone, HEAD).then(
      () => assert.unreachable(),
      (error: unknown) => assert.ok(error instanceof CmfError && error.code === 'not-found'),
    );
  });
  await withHistory(chain({ a: '1' }), async ({ clone }) => {
    assert.equal((await importDvc(clone, HEAD)).found.executions, 0);
  });
});

it.run();
