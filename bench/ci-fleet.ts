/**
 * A fleet of CI jobs: each a fresh clone that lives for one run, records it, pushes it and is thrown away.
 *
 * Usage: node --import tsx bench/ci-fleet.ts [JOBS [AT-ONCE]]        (default: 1000 4)
 *
 * All processes are real: `git clone`, `git cmf init`, `git cmf record`, `git cmf push`, the hooks of the server and its merge
 * worker. Fails when a fresh clone that pulls does not know every execution, or when the server keeps refs of the jobs.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { REFS } from '../src/domain/ids.ts';

const BIN = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin');
const ENV = { ...process.env, PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}` };
/** The merged refs, the archive, and what more a server may keep however many jobs there were. */
const REFS_MAX = 6;
const POLL_MS = 100;
const MERGE_MAX_MS = 600_000;

const run = promisify(execFile);

/** How long one job took, in all and for its push. */
type Job = { readonly ms: number; readonly pushMs: number };

async function main(): Promise<void> {
  const [jobs = 1000, atOnce = 4] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'cmf-ci-fleet-'));
  try {
    const load = loadavg()[0]?.toFixed(1);
    say(`${jobs} jobs, ${atOnce} at a time; ${availableParallelism()} cores, load ${load}`);
    const server = makeServer(folder);
    const startedAt = performance.now();
    const done = await runJobs(folder, server, jobs, atOnce);
    const ranMs = performance.now() - startedAt;
    const mergedMs = await untilMerged(server);
    say(`jobs: ${seconds(ranMs)}, and ${seconds(mergedMs)} more until all was merged`);
    say(`one job: ${seconds(median(done.map(({ ms }) => ms)))} in the median, ${worst(done)} the longest`);
    say(`its push: ${seconds(median(done.map(({ pushMs }) => pushMs)))} in the median`);
    const refs = git(server, 'for-each-ref', '--format=%(refname)', REFS.all).trim().split('\n');
    say(`refs below ${REFS.all} at the server: ${refs.length}\n  ${refs.slice(0, 2 * REFS_MAX).join('\n  ')}`);
    say(`disk of the server: ${kibibytesOf(server)} KiB`);
    const executions = readAll(folder, server);
    if (executions !== jobs) throw new Error(`${jobs} executions were pushed, ${executions} are known`);
    if (refs.length > REFS_MAX) throw new Error(`${refs.length} refs are left, at most ${REFS_MAX} are wanted`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A central repository with one commit of code. */
function makeServer(folder: string): string {
  const [server, code] = [join(folder, 'server.git'), join(folder, 'code')];
  git(folder, 'init', '-q', '--bare', '-b', 'main', server);
  git(folder, 'init', '-q', '-b', 'main', code);
  writeFileSync(join(code, 'train.py'), 'print(1)\n');
  git(code, 'add', '.');
  git(code, '-c', 'user.name=ci', '-c', 'user.email=ci@example.invalid', 'commit', '-q', '-m', 'code');
  git(code, 'push', '-q', server, 'main');
  git(server, 'cmf', 'server', 'install', '-q');
  return server;
}

async function runJobs(folder: string, server: string, jobs: number, atOnce: number): Promise<Job[]> {
  const done: Job[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < jobs) done.push(await runJob(join(folder, `job-${next}`), server, next++));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

async function runJob(place: string, server: string, number: number): Promise<Job> {
  const startedAt = performance.now();
  // By its URL, so that it is a clone as from another machine.
  await run('git', ['clone', '-q', '--depth=1', pathToFileURL(server).href, place], { env: ENV });
  const cmf = (...words: string[]) =>
    run('git', ['cmf', ...words], { cwd: place, env: { ...ENV, CMF_EPHEMERAL: '1' } });
  await cmf('init', '-q');
  await feed(place, ['cmf', 'record', '--stdin'], linesOf(number));
  const pushedAt = performance.now();
  await cmf('push', '-q');
  const endedAt = performance.now();
  rmSync(place, { recursive: true });
  return { ms: endedAt - startedAt, pushMs: endedAt - pushedAt };
}

/** A small execution. */
function linesOf(number: number): string {
  const lines = [
    { op: 'start', pipeline: 'nightly', stage: 'train', params: { lr: 0.1, seed: number } },
    { op: 'use', direction: 'input', path: 'data.csv', digests: [`md5:${'d'.repeat(32)}`] },
    { op: 'use', direction: 'output', path: 'model.bin', digests: [`md5:${number.toString(16).padStart(32, '0')}`] },
    { op: 'metric', values: { auc: 1 / (number + 1) } },
    { op: 'finish' },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function feed(cwd: string, words: readonly string[], input: string): Promise<void> {
  const child = spawn('git', words, { cwd, env: ENV, stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`git ${words.join(' ')} ended with ${code}`);
}

/** Waits for the worker of the last push; returns how long. */
async function untilMerged(server: string): Promise<number> {
  const startedAt = performance.now();
  const isBusy = () => ['merge-wanted', 'lock/merge'].some((name) => existsSync(join(server, 'cmf', name)));
  while (isBusy()) {
    if (performance.now() - startedAt > MERGE_MAX_MS) throw new Error('the merge worker does not end');
    await sleep(POLL_MS);
  }
  return performance.now() - startedAt;
}

/** Pulls into a fresh clone; returns how many executions it knows then. */
function readAll(folder: string, server: string): number {
  const reader = join(folder, 'reader');
  mkdirSync(reader);
  git(folder, 'clone', '-q', server, reader);
  const startedAt = performance.now();
  git(reader, 'cmf', 'pull', '-q');
  const pulledMs = performance.now() - startedAt;
  const [executions, entries] = [['list', 'executions'], ['log']].map((words) => itemsOf(reader, ...words));
  say(`a fresh clone pulls it in ${seconds(pulledMs)} and knows ${executions} executions, ${entries} entries`);
  return executions ?? 0;
}

function itemsOf(cwd: string, ...words: string[]): number {
  return (JSON.parse(git(cwd, 'cmf', ...words, '--json')) as { items: unknown[] }).items.length;
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, env: ENV, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

function kibibytesOf(path: string): number {
  return Number(execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0]);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function worst(done: readonly Job[]): string {
  return seconds(Math.max(...done.map(({ ms }) => ms)));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
