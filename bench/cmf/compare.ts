/**
 * Push and merge of the same executions: git cmf against CMF itself, in one run.
 *
 * Usage: node --import tsx bench/cmf/compare.ts [--rounds N] [--recordings DIR] [--at-most SECONDS] [EXECUTIONS]…
 *        (default: 3 rounds of 100, 300 and 1000)
 *
 * It installs cmflib from PyPI into the user's cache (Python 3.11) and starts CMF's own server over a PostgreSQL of its own
 * in a temporary folder. Recording is not timed. Timed is, for CMF, `cmf metadata push`, which returns when the server has
 * merged; for git cmf, `git cmf push` to a repository with hooks, and on until its worker has merged what was pushed. Each
 * round begins with an empty server. (CMF's server keeps lists of Python packages in /cmf-server, where it may.)
 *
 * CMF takes long to record, so `--recordings` keeps what both sides recorded for the next run; `--rounds 0` only makes it. A
 * push of CMF that takes longer than `--at-most` is ended there, and the ratio says that it is more.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { REFS } from '../../src/domain/ids.ts';
import { median } from '../measure.ts';
import { type Cmf, openCmf } from './place.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(dirname(dirname(HERE)), 'bin/git-cmf');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, recordings: { type: 'string' }, 'at-most': { type: 'string' } },
  });
  const rounds = Number(values.rounds ?? 3);
  const atMostMs = values['at-most'] === undefined ? undefined : Number(values['at-most']) * 1000;
  const sizes = positionals.length === 0 ? [100, 300, 1000] : positionals.map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'cmf-compare-'));
  const recordings = resolve(values.recordings ?? join(folder, 'recordings'));
  mkdirSync(recordings, { recursive: true });
  const cmf = await openCmf(folder, HERE);
  try {
    print(
      `node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, ${rounds} rounds`,
    );
    print('executions   cmf metadata push   git cmf push + merge   ratio');
    for (const size of sizes) await compare({ folder, recordings, cmf, size, rounds, atMostMs });
  } finally {
    cmf.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Comparison = {
  /** Of this run. */
  readonly folder: string;
  /** Where what was recorded stays. */
  readonly recordings: string;
  readonly cmf: Cmf;
  readonly size: number;
  readonly rounds: number;
  /** A push of CMF that takes longer is ended. */
  readonly atMostMs: number | undefined;
};

/** Records on both sides, then pushes in turn, each time to a new server; prints the line of the table. */
async function compare({ folder, recordings, cmf, size, rounds, atMostMs }: Comparison): Promise<void> {
  const theirs = recordOnce(join(recordings, `cmf-${size}`), (place) => recordTheirs(place, cmf, size));
  const ours = recordOnce(join(recordings, `ours-${size}`), (place) => recordOurs(place, size));
  const times: { readonly theirs: number[]; readonly ours: number[] } = { theirs: [], ours: [] };
  let isOver = false;
  for (let round = 0; round < rounds; round++) {
    await cmf.restart();
    const words = ['metadata', 'push', '-p', `p${size}`, '-f', 'mlmd'];
    const push = () => {
      if (!cmf.run(theirs, 'cmf', words, atMostMs)) isOver = true;
    };
    times.theirs.push(await timed(push));
    times.ours.push(await pushOurs(folder, ours));
  }
  if (rounds === 0) return;
  const [a, b] = [median(times.theirs), median(times.ours)];
  const more = isOver ? '>' : '';
  print(
    `${String(size).padStart(10)} ${more}${seconds(a, times.theirs)} ${seconds(b, times.ours)}   ${more}${(a / b).toFixed(0)}×`,
  );
}

/** The clone `repository` below a place, recorded there unless that was done before. */
function recordOnce(place: string, record: (place: string) => void): string {
  const done = join(place, 'done');
  if (!existsSync(done)) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place);
    record(place);
    writeFileSync(done, '');
  }
  return join(place, 'repository');
}

function recordTheirs(place: string, cmf: Cmf, size: number): void {
  const clone = newRepository(place);
  git(clone, 'commit', '-q', '--allow-empty', '-m', 'begin');
  const remote = join(place, 'code.git');
  git(place, 'init', '-q', '--bare', remote);
  const store = join(place, 'store');
  mkdirSync(store);
  const where = ['--path', store, '--git-remote-url', remote, '--cmf-server-url', cmf.url];
  cmf.run(clone, 'cmf', ['init', 'local', ...where]);
  if (git(clone, 'remote').trim() === '') git(clone, 'remote', 'add', 'cmf_origin', remote);
  cmf.run(clone, 'python', [join(HERE, 'record.py'), `p${size}`, String(size)]);
}

/** The same by `git cmf record --stdin`: parameters, three uses, metrics and an end for each execution. */
function recordOurs(place: string, size: number): void {
  const clone = newRepository(place);
  ours(clone, ['init', '-q']);
  const lines: object[] = [];
  for (let i = 0; i < size; i++) lines.push(...linesOf(i));
  ours(clone, ['record', '--stdin'], lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function linesOf(i: number): object[] {
  const digest = (text: string) => [`md5:${Buffer.from(text.padEnd(16).slice(0, 16)).toString('hex')}`];
  const use = (direction: string, path: string, text: string) => ({
    op: 'use',
    direction,
    path,
    digests: digest(text),
  });
  return [
    {
      op: 'start',
      pipeline: 'bench',
      stage: i % 2 === 0 ? 'train' : 'test',
      params: { lr: 0.001 * (1 + (i % 10)), epochs: 16 },
    },
    use('input', 'data/train.csv', `data ${i >> 6}`),
    use('input', 'data/features.parquet', `features ${i >> 3}`),
    use('output', 'models/model.pkl', `model ${i}`),
    { op: 'metric', values: { acc: 1 - 1 / (i + 1), loss: 1 / (i + 1) } },
    { op: 'finish' },
  ];
}

/** Milliseconds from the start of a first push until the server has merged it. */
async function pushOurs(folder: string, clone: string): Promise<number> {
  const server = mkdtempSync(join(folder, 'server-'));
  git(folder, 'init', '-q', '--bare', server);
  ours(server, ['server', 'install', '-q']);
  const remote = basename(server);
  git(clone, 'remote', 'add', remote, server);
  return timed(async () => {
    ours(clone, ['push', '-q', remote]);
    while (!isMerged(server)) await sleep(5);
  });
}

function isMerged(server: string): boolean {
  const refs = git(server, 'for-each-ref', '--format=%(refname) %(tree)', REFS.journal, REFS.mergedAll)
    .trim()
    .split('\n');
  const merged = refs.find((line) => line.startsWith(REFS.mergedAll));
  const own = refs.find((line) => line.startsWith(REFS.journal))?.split(' ')[1];
  return merged !== undefined && own !== undefined && git(server, 'ls-tree', '-rd', REFS.mergedAll).includes(own);
}

function newRepository(place: string): string {
  const path = join(place, 'repository');
  git(place, 'init', '-q', '-b', 'main', path);
  git(path, 'config', 'user.name', 'bench');
  git(path, 'config', 'user.email', 'bench@localhost');
  return path;
}

function ours(cwd: string, words: readonly string[], input = ''): void {
  execFileSync(process.execPath, [PROGRAM, ...words], { cwd, input, stdio: ['pipe', 'ignore', 'inherit'] });
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function seconds(ms: number, all: readonly number[]): string {
  const text = (one: number) => (one / 1000).toFixed(2);
  return `${text(ms)} s (${text(Math.min(...all))} to ${text(Math.max(...all))})`.padStart(22);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
