/**
 * A large journal, step by step, each beside what bare git needs for the same bytes.
 *
 * Usage: node --import tsx bench/million.ts [WRITERS [ENTRIES-OF-EACH]]        (default: 1000 1000)
 *
 * Every step runs once: it takes minutes. Times are of the wall clock and of the processors, and bare git's of the processors;
 * memory is the peak of all processes of the step together.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REFS } from '../src/domain/ids.ts';
import { type Watched, watched } from './helpers/watched.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(dirname(HERE), 'bin/git-cmf');
const REFS_PER_PUSH = 100;
const ADDED_EXECUTIONS = 17;

type Places = Readonly<Record<'source' | 'bare' | 'server' | 'fetched' | 'reader' | 'author', string>>;

async function main(): Promise<void> {
  const [writers = 1000, entries = 1000] = process.argv.slice(2).map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'cmf-million-'));
  const at = (name: string) => join(folder, name);
  const places = { source: at('source'), bare: at('bare'), server: at('server'), fetched: at('fetched') };
  try {
    say(
      `${writers} writers, ${entries} entries of each; ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`,
    );
    await measureAll({ ...places, reader: at('reader'), author: at('author') }, writers, entries);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(places: Places, writers: number, entries: number): Promise<void> {
  const { source, bare, server, fetched, reader, author } = places;
  for (const path of [source, bare, server, fetched]) git('.', 'init', '-q', '--bare', path);
  for (const path of [reader, author]) git('.', 'init', '-q', path);
  await makeSource(source, writers, entries);
  cmf(server, 'server', 'install', '-q');
  // Its worker would run beside what is measured next.
  renameSync(join(server, 'hooks/post-receive'), join(server, 'post-receive'));
  for (const path of [reader, author]) git(path, 'remote', 'add', 'origin', server);
  heading();
  row('push of all, in groups of 100 writers', await pushAll(source, server), await pushAll(source, bare));
  await merging('merge of all', server);
  const learned = 'refs/heads/fetched';
  const fetching = () => watched(fetched, ['git', 'fetch', '-q', server, `${REFS.mergedAll}:${learned}`]);
  const firstFetch = await fetching();
  row('first pull', await watched(reader, [process.execPath, PROGRAM, 'pull', '-q']), firstFetch);
  row('pull with nothing new', await watched(reader, [process.execPath, PROGRAM, 'pull', '-q']), await fetching());
  const read = await watched(reader, [process.execPath, join(HERE, 'helpers/read-all.js'), '.', REFS.known]);
  for (const words of [['digest'], ['status'], ['list', 'executions'], ['list', 'metrics']]) {
    row(words.join(' '), await watched(reader, [process.execPath, PROGRAM, ...words]), read);
  }
  await oneMore(places, fetching);
  for (const [name, path] of Object.entries(places)) say(`disk of ${name}: ${sizeOf(path)}`);
}

/** One writer adds some; what that costs him, the server and a reader. */
async function oneMore({ author, server, reader, bare }: Places, fetching: () => Promise<Watched>): Promise<void> {
  cmf(author, 'init', '-q');
  await recordSome(author);
  const push = await watched(author, [process.execPath, PROGRAM, 'push', '-q', 'origin']);
  const refspec = `${REFS.journal}*:${REFS.journal}*`;
  row('push of 102 entries', push, await watched(author, ['git', 'push', '-q', bare, refspec]));
  await merging('merge of these', server);
  row('pull of these', await watched(reader, [process.execPath, PROGRAM, 'pull', '-q']), await fetching());
}

async function recordSome(author: string): Promise<void> {
  const lines: object[] = [];
  for (let i = 0; i < ADDED_EXECUTIONS; i++) {
    lines.push({ op: 'start', pipeline: 'pipeline-0', stage: 'train', params: { lr: 0.1 } });
    for (let step = 0; step < 3; step++) lines.push({ op: 'metric', values: { loss: 1 / (step + 1) }, step });
    lines.push({ op: 'finish' });
  }
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await watched(author, [process.execPath, PROGRAM, 'record', '--stdin'], input);
}

async function pushAll(source: string, target: string): Promise<Watched> {
  const refs = git(source, 'for-each-ref', '--format=%(refname)').trim().split('\n');
  const pushes: Watched[] = [];
  for (let start = 0; start < refs.length; start += REFS_PER_PUSH) {
    const some = refs.slice(start, start + REFS_PER_PUSH).map((ref) => `${ref}:${ref}`);
    pushes.push(await watched(source, ['git', 'push', '-q', target, ...some]));
  }
  const sum = (of: (one: Watched) => number) => pushes.reduce((total, one) => total + of(one), 0);
  const peakBytes = Math.max(...pushes.map((one) => one.peakBytes));
  return { ms: sum(({ ms }) => ms), cpuMs: sum(({ cpuMs }) => cpuMs), peakBytes, output: '' };
}

/** What the server's worker does after a push; the notes come after the merge. */
async function merging(name: string, server: string): Promise<void> {
  writeFileSync(join(server, 'cmf/merge-wanted'), '');
  const startedAt = performance.now();
  const before = refOf(server);
  const worker = watched(server, [process.execPath, PROGRAM, 'hook', 'merge-worker']);
  const isOver = { value: false };
  void worker.finally(() => {
    isOver.value = true;
  });
  while (refOf(server) === before && !isOver.value) await new Promise((resolve) => setTimeout(resolve, 20));
  const mergedMs = performance.now() - startedAt;
  row(`${name} (merged after ${(mergedMs / 1000).toFixed(2)} s)`, await worker, undefined);
}

function refOf(server: string): string {
  return git(server, 'for-each-ref', '--format=%(objectname)', REFS.mergedAll);
}

async function makeSource(source: string, writers: number, entries: number): Promise<void> {
  const processes = Math.min(availableParallelism(), writers);
  const each = Math.ceil(writers / processes);
  const makers = Array.from({ length: processes }, async (_, i) => {
    const first = i * each;
    const words = [join(HERE, 'helpers/make-journals.ts'), source, first, Math.min(each, writers - first), entries];
    const child = spawn(process.execPath, ['--import', 'tsx', ...words.map(String)], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error('making journals failed');
  });
  await Promise.all(makers);
}

function cmf(cwd: string, ...words: string[]): void {
  execFileSync(process.execPath, [PROGRAM, ...words], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

function sizeOf(path: string): string {
  const folder = existsSync(join(path, '.git')) ? join(path, '.git') : path;
  return `${(Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) / 1024).toFixed(0)} MiB`;
}

function heading(): void {
  say(`${'step'.padEnd(42)} ${'time'.padStart(9)} ${'cpu'.padStart(9)} ${'memory'.padStart(9)}   bare git   times`);
}

function row(name: string, work: Watched, bare: Watched | undefined): void {
  const memory = `${(work.peakBytes / 2 ** 20).toFixed(0)} MiB`;
  const times = bare === undefined || bare.cpuMs < 50 ? '' : `${(work.cpuMs / bare.cpuMs).toFixed(1)}×`;
  const beside = bare === undefined ? '' : `${seconds(bare.cpuMs)}   ${times}`;
  say(`${name.padEnd(42)} ${seconds(work.ms)} ${seconds(work.cpuMs)} ${memory.padStart(9)}  ${beside}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(9);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
