/** The library as a program uses it: each test is a program of its own, in the sealed environment. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import { type Finished, git, makeCommit, makeRepository, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { cmfEnv, ROOT, viewAt } from '../helpers/sites.ts';
import { openWritingClone } from '../helpers/writing-clone.ts';

type Bench = { directory: string };
const it = suite<Bench>('library');
const TSX = import.meta.resolve('tsx');
const LIBRARY = pathToFileURL(join(ROOT, 'src/faces/library.ts')).href;

it.before.each(async (bench) => {
  bench.directory = await makeRepository();
  await makeCommit(bench.directory, { 'train.js': '1' });
  const { clone } = await openWritingClone(bench.directory);
  await clone.repository.close();
});

/** Runs a program in a folder: `cmf` is the library opened there, `print` answers one JSON line. */
function play(cwd: string, program: string, expectExit: number | 'any' = 0): Promise<Finished> {
  const text = `
    import { CmfError, openClone } from ${JSON.stringify(LIBRARY)};
    const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    const outcome = (promise) => promise.then(() => 'done', (error) => error.code + ': ' + error.message);
    ${program}`;
  return runSealed(process.execPath, ['--import', TSX, '--input-type=module', '-e', text], {
    cwd,
    expectExit,
    env: cmfEnv(),
  });
}

function answers({ stdout }: Finished): unknown[] {
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
}

/** A program between opening and closing. */
function opened(program: string): string {
  return `const cmf = await openClone('.');\n${program}\nawait cmf.close();`;
}

async function onlyExecution(directory: string): Promise<ExecutionView> {
  const [execution, more] = [...(await viewAt(directory)).executions.values()];
  assert.ok(execution !== undefined && more === undefined);
  return execution;
}

function stepsOf(execution: ExecutionView, metric: string): unknown[] {
  return (execution.metrics.get(metric) ?? []).map(({ step }) => step);
}

async function journals(directory: string): Promise<number> {
  const { stdout } = await git(['for-each-ref', 'refs/cmf/journal/'], { cwd: directory });
  return stdout.split('\n').length - 1;
}

it('records a whole run', async ({ directory }) => {
  const program = opened(`
    const run = await cmf.start({ pipeline: 'spam', stage: 'train', params: { lr: 0.1 }, command: ['node', 'train.js'] });
    await run.logParams({ seed: 7, lr: 0.2 });
    await run.logMetrics({ loss: 0.5 }, { step: 3, rank: 1 });
    await run.logMetrics({ auc: 0.9 });
    await run.finish({ status: 'failed', exitCode: 3 });
    print(run.id);`);
  const [id] = answers(await play(directory, program));
  const execution = await onlyExecution(directory);
  assert.equal([execution.id, execution.status, execution.identity[0]?.value.stage], [id, 'failed', 'train']);
  assert.equal([...execution.fields].map(([name, [claim]]) => [name, claim?.value]).sort(), [
    ['param.lr', 0.2],
    ['param.seed', 7],
  ]);
  const { step, rank, values } = execution.metrics.get('loss')?.[0] ?? {};
  assert.equal([step, rank, values?.[0]?.value.value], [3, 1, 0.5]);
  assert.equal(stepsOf(execution, 'auc'), [null]);
  assert.equal(execution.latest?.facts.command, ['node', 'train.js']);
  assert.match(execution.latest?.facts.code?.commit ?? '', /^sha1:/);
  assert.is(execution.latest?.ends[0]?.value.exitCode, 3);
});

it('makes durable what nobody waited for', async ({ directory }) => {
  const program = opened(`
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    for (let step = 0; step < 2000; step++) run.logMetrics({ loss: step / 2 }, { step });
    run.finish();`);
  await play(directory, program);
  const execution = await onlyExecution(directory);
  assert.equal(
    stepsOf(execution, 'loss'),
    Array.from({ length: 2000 }, (_, i) => i),
  );
  assert.is(execution.status, 'succeeded');
});

it('has recorded when a call resolves, and all that was called before in its turn', async ({ directory }) => {
  const program = `
    const cmf = await openClone('.');
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    for (let step = 0; step < 10; step++) run.logMetrics({ loss: step }, { step });
    await run.logMetrics({ loss: 10 }, { step: 10 });
    process.kill(process.pid, 'SIGKILL');`;
  assert.is((await play(directory, program, 'any')).exitCode, -1);
  const execution = await onlyExecution(directory);
  assert.equal([stepsOf(execution, 'loss').length, execution.status], [11, 'running']);
});

it('refuses one record without any harm to the others', async ({ directory }) => {
  const program = opened(`
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    const said = [
      run.logMetrics({ good: 1 }),
      run.logMetrics({ bad: () => 1 }),
      run.logParams({ '': 1 }),
      run.logParams({ when: new Date(0) }),
      run.logParams({ text: 'x'.repeat(70_000) }),
      run.logMetrics({ bad: 1 }, { step: 1.5 }),
      run.logMetrics({ good: 2 }, { step: 2 }),
    ].map(outcome);
    print(await Promise.all(said));`);
  const [said] = answers(await play(directory, program)) as [string[]];
  const kinds = said.map((text) => text.replace(/:.*/s, ''));
  assert.equal(kinds, ['done', 'usage', 'usage', 'usage', 'usage', 'usage', 'done']);
  const execution = await onlyExecution(directory);
  assert.equal([[...execution.metrics.keys()], stepsOf(execution, 'good').length], [['good'], 2]);
  assert.is(execution.fields.size, 0);
});

it('has recorded the rest when a refusal that nobody handles ends the program', async ({ directory }) => {
  const program = opened(`
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    run.logMetrics({ before: 1 });
    run.logMetrics({ bad: () => 1 });
    run.logMetrics({ after: 1 });`);
  const { exitCode, stderr } = await play(directory, program, 'any');
  assert.is(exitCode, 1);
  assert.match(stderr, 'cannot store');
  assert.equal([...(await onlyExecution(directory)).metrics.keys()].sort(), ['after', 'before']);
});

it('replaces what another clone said of it and this program pulled', async ({ directory }) => {
  const host = await makeRepository({ bare: true });
  const other = await makeRepository();
  await (await openWritingClone(other)).clone.repository.close();
  const program = opened(`
    const { execFileSync } = await import('node:child_process');
    const elsewhere = (...args) => execFileSync('git', ['cmf', ...args], { cwd: ${JSON.stringify(other)} });
    const run = await cmf.start({ pipeline: 'p', stage: 's', params: { lr: 1 } });
    await cmf.push(${JSON.stringify(host)});
    elsewhere('pull', '-q', ${JSON.stringify(host)});
    elsewhere('log-param', '-e', run.id, 'lr=2');
    elsewhere('push', '-q', ${JSON.stringify(host)});
    await cmf.pull(${JSON.stringify(host)});
    const values = { lr: 3 };
    const recorded = run.logParams(values);
    values.lr = 4;
    await recorded;
    await run.finish();`);
  await play(directory, program);
  const { fields } = await onlyExecution(directory);
  assert.equal(
    fields.get('param.lr')?.map(({ value }) => value),
    [3],
  );
});

it('keeps every value as what it was', async ({ directory }) => {
  const program = opened(`
    const odd = { nan: NaN, inf: Infinity, low: -Infinity, zero: -0, big: 2n ** 63n - 1n, small: 7n, half: 0.1 };
    const bytes = { raw: new Uint8Array([255, 0]), text: new TextEncoder().encode('é') };
    const shapes = { list: [1, NaN, null], object: { a: { $num: 'mine' }, gone: undefined }, ['__proto__']: true, 'a:b,c/d': 'x' };
    const run = await cmf.start({ pipeline: 'p', stage: 's', params: { ...odd, ...bytes } });
    await run.logParams(Object.defineProperty({ ...shapes }, '__proto__', { value: true, enumerable: true }));
    await run.logMetrics({ loss: NaN, count: 2n ** 64n });`);
  await play(directory, program);
  const { fields, metrics } = await onlyExecution(directory);
  const values = new Map([...fields].map(([name, [claim]]) => [name.slice('param.'.length), claim?.value]));
  assert.equal(Object.fromEntries([...values].filter(([name]) => name !== '__proto__')), {
    nan: { $num: 'NaN' },
    inf: { $num: 'Infinity' },
    low: { $num: '-Infinity' },
    zero: { $num: '-0' },
    big: { $num: '9223372036854775807' },
    small: 7,
    half: 0.1,
    raw: { $bytes: '/wA=' },
    text: 'é',
    list: [1, { $num: 'NaN' }, null],
    object: { a: { $$num: 'mine' } },
    'a:b,c/d': 'x',
  });
  assert.is(values.get('__proto__'), true);
  const last = (name: string) => metrics.get(name)?.[0]?.values[0]?.value.value;
  assert.equal([last('loss'), last('count')], [{ $num: 'NaN' }, { $num: '18446744073709551616' }]);
});

it('shows what is in the log, moves it into git at a flush, and goes on', async ({ directory }) => {
  const program = opened(`
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    const count = async () => (await cmf.view()).executions.get(run.id).metrics.size;
    await run.logMetrics({ a: 1 });
    print(await count());
    await cmf.flush();
    run.logMetrics({ b: 1 });
    await Promise.all([cmf.flush(), cmf.flush(), run.logMetrics({ c: 1 })]);
    print(await count());
    run.logMetrics({ d: 1 });`);
  assert.equal(answers(await play(directory, program)), [1, 3]);
  assert.is((await onlyExecution(directory)).metrics.size, 4);
  assert.is(await journals(directory), 1);
});

it('journals an execution when it finishes', async ({ directory }) => {
  const program = `
    const cmf = await openClone('.');
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    await run.finish();
    process.kill(process.pid, 'SIGKILL');`;
  await play(directory, program, 'any');
  assert.is(await journals(directory), 1);
});

it('runs several executions at once and keeps them apart', async ({ directory }) => {
  const program = opened(`
    const runs = await Promise.all(['a', 'b', 'c'].map((stage) => cmf.start({ pipeline: 'p', stage, namespace: 'n' })));
    for (const [i, run] of runs.entries()) run.logMetrics({ loss: i });
    await Promise.all(runs.map((run) => run.finish()));`);
  await play(directory, program);
  const shown = [...(await viewAt(directory)).executions.values()].map(({ identity, metrics, status }) => [
    identity[0]?.value.namespace,
    identity[0]?.value.stage,
    metrics.get('loss')?.[0]?.values[0]?.value.value,
    status,
  ]);
  assert.equal(shown.map((one) => one.join(' ')).sort(), ['n a 0 succeeded', 'n b 1 succeeded', 'n c 2 succeeded']);
});

it('pushes and pulls, also what was recorded in the same turn', async ({ directory }) => {
  const host = await makeRepository({ bare: true });
  const other = await makeRepository();
  await (await openWritingClone(other)).clone.repository.close();
  const push = `
    const run = await cmf.start({ pipeline: 'p', stage: 's' });
    run.logMetrics({ loss: 1 });
    print((await cmf.push(${JSON.stringify(host)})).status);`;
  assert.equal(answers(await play(directory, opened(push))), ['pushed']);
  const pull = `print((await cmf.pull(${JSON.stringify(host)})).entries); print((await cmf.view()).executions.size);`;
  assert.equal(answers(await play(other, opened(pull))), [3, 1]);
  assert.equal(stepsOf(await onlyExecution(other), 'loss'), [null]);
});

it('says where it cannot be opened', async () => {
  const program = 'print(await outcome(openClone("."))); print(CmfError.name);';
  const [outside] = answers(await play(makeTempDirectory(), program)) as [string];
  assert.match(outside, /^no-repository: /);
  const [fresh] = answers(await play(await makeRepository(), program)) as [string];
  assert.match(fresh, /^not-initialised: /);
});

it.run();
