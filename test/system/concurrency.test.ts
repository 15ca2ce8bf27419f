/**
 * Many processes in one clone at once, and processes that die: every record that a finished command reported is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import { sealedEnv } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, makeCentral, makeSite, objectsIn, ROOT, settle, viewAt } from '../helpers/sites.ts';

const HALF = 100;

/** A clone with as many files as there will be processes that log them. */
async function siteWithFiles(count: number): Promise<string> {
  const site = await makeSite(await makeCentral({ hooks: false }));
  mkdirSync(join(site, 'data'));
  for (let i = 0; i < count; i++) writeFileSync(join(site, `data/${i}.bin`), `content ${i}\n`);
  return site;
}

async function start(site: string, ...more: readonly string[]): Promise<string> {
  return (await cmf(site, ['start', '-p', 'many', '-s', 'all', ...more])).stdout.trim();
}

async function executionAt(site: string, id: string): Promise<ExecutionView> {
  const found = [...(await viewAt(site)).executions.values()].find((execution) => execution.id === id);
  if (found === undefined) throw new Error(`execution ${id} is not there`);
  return found;
}

function points(execution: ExecutionView, name: string): (readonly [number | null, unknown])[] {
  return (execution.metrics.get(name) ?? []).map(({ step, values }) => [step, values[0]?.value.value]);
}

function pathsOf(execution: ExecutionView): string[] {
  return execution.uses.map(({ operation }) => String(operation.path)).sort();
}

/** The names 0.bin, 1.bin …, each with something around it, sorted. */
function names(count: number, around: (name: string) => string): string[] {
  return Array.from({ length: count }, (_, i) => around(`${i}.bin`)).sort();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

const crowd = suite('system: many processes at once');

crowd('200 that log metrics and artifacts of one execution', async () => {
  const site = await siteWithFiles(HALF);
  const id = await start(site);
  const other = await start(site);
  const work = Array.from({ length: HALF }, (_, i) => [
    ['log-metric', '-e', id, '--step', String(i), `loss=${i / HALF}`],
    ['log-artifact', '-e', id, `data/${i}.bin`, '--output', '--type', 'dataset'],
  ]).flat();
  const seconds = await timed(() => Promise.all(work.map((args) => cmf(site, args))));
  const bare = await timed(() => Promise.all(work.map(() => cmf(site, ['-h']))));
  console.log(`200 recording processes ${seconds.toFixed(1)} s, 200 of git cmf -h ${bare.toFixed(1)} s`);

  await cmf(site, ['finish', '-e', id]);
  const execution = await executionAt(site, id);
  assert.equal(
    points(execution, 'loss'),
    Array.from({ length: HALF }, (_, i) => [i, i / HALF]),
  );
  assert.equal(
    pathsOf(execution),
    names(HALF, (name) => `data/${name}`),
  );
  const untouched = await executionAt(site, other);
  assert.is(untouched.uses.length + untouched.metrics.size, 0);
  const ignored = readFileSync(join(site, 'data/.gitignore'), 'utf8').trimEnd().split('\n').sort();
  assert.equal(
    ignored,
    names(HALF, (name) => `/${name}`),
  );
  for (let i = 0; i < HALF; i++) {
    assert.match(readFileSync(join(site, `data/${i}.bin.dvc`), 'utf8'), new RegExp(`path: ${i}\\.bin`));
  }
  await cmf(site, ['fsck']);
});

crowd('20 one-shot executions that all flush at once', async () => {
  const count = 20;
  const site = await siteWithFiles(count);
  const calls = names(count, (name) => `data/${name}`).map((path) => ['log-artifact', path, '--output']);
  await Promise.all(calls.map((args) => cmf(site, [...args, '-p', 'many', '-s', 'one-shot'])));
  const executions = [...(await viewAt(site)).executions.values()];
  assert.is(executions.length, count);
  assert.equal(
    executions.flatMap(pathsOf).sort(),
    names(count, (name) => `data/${name}`),
  );
  for (const { status, uses } of executions) assert.equal([status, uses.length], ['succeeded', 1]);
});

crowd('recording goes on while others push again and again', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const id = await start(site);
  const metrics = Array.from({ length: 24 }, (_, i) => ['log-metric', '-e', id, '--step', String(i), `loss=${i}`]);
  const pushes = Array.from({ length: 4 }, () => ['push', '--quiet']);
  await Promise.all([...metrics, ...pushes].map((args) => cmf(site, args)));
  await cmf(site, ['finish', '-e', id]);
  await cmf(site, ['push']);
  await settle(central);
  for (const place of [site, central]) {
    const expected = metrics.map((_, i) => [i, i]);
    assert.equal(points(await executionAt(place, id), 'loss'), expected);
  }
});

crowd('a metric costs no git object', async () => {
  const site = await makeSite(await makeCentral({ hooks: false }));
  const id = await start(site);
  const before = await objectsIn(site);
  for (let i = 0; i < 3; i++) await cmf(site, ['log-metric', '-e', id, `loss=${i}`, '--step', String(i)]);
  assert.equal(await objectsIn(site), before);
});

crowd.run();

const death = suite('system: a process killed at once loses nothing that was reported');

/** Starts a program that prints one number a line for each record that is durable; kills all of it after `count`. */
async function killAfter(count: number, program: string, args: readonly string[], cwd: string): Promise<number[]> {
  const env = sealedEnv(cmfEnv());
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const ended = once(child, 'close');
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > count) killGroup(child);
  });
  await ended;
  return text.split('\n').slice(0, -1).map(Number);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

death('commands in a shell loop', async () => {
  const site = await makeSite(await makeCentral({ hooks: false }));
  for (let round = 0; round < 4; round++) {
    const id = await start(site);
    const loop = `i=0; while :; do i=$((i+1)); git cmf log-metric -e ${id} --step $i loss=$i && echo $i; done`;
    const reported = await killAfter(2 + round, 'sh', ['-c', loop], site);
    if (round % 2 === 0) await cmf(site, ['finish', '-e', id]);
    const steps = points(await executionAt(site, id), 'loss').map(([step]) => step);
    assert.ok(reported.length >= 2);
    assert.equal(
      reported.filter((step) => !steps.includes(step)),
      [],
    );
  }
  await cmf(site, ['fsck']);
});

const PROGRAM = `
import { openClone } from ${JSON.stringify(join(ROOT, 'dist/library.js'))};
const cmf = await openClone('.');
const run = await cmf.start({ pipeline: 'many', stage: 'library' });
for (let i = 1; ; i++) {
  await run.logMetrics({ loss: i }, { step: i });
  process.stdout.write(i + '\\n');
  if (i % 7 === 0) cmf.flush();
}`;

death('a program that records through the library and flushes meanwhile', async () => {
  const site = await makeSite(await makeCentral({ hooks: false }));
  assert.ok(existsSync(join(ROOT, 'dist/library.js')));
  for (const count of [1, 5, 13, 40]) {
    const reported = await killAfter(count, process.execPath, ['--input-type=module', '-e', PROGRAM], site);
    const execution = [...(await viewAt(site)).executions.values()].at(-1);
    const steps = execution === undefined ? [] : points(execution, 'loss').map(([step]) => step);
    assert.ok(reported.length >= count);
    assert.equal(
      reported.filter((step) => !steps.includes(step)),
      [],
    );
  }
  await start(site, '--param', 'after=1');
  await cmf(site, ['fsck']);
});

death.run();
