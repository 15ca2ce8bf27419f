/**
 * A first push of a large journal by one writer, cut in the middle and taken up again.
 *
 * Usage: node --import tsx bench/one-writer.ts [ENTRIES]        (default: 1000000)
 *
 * The first push is killed with all its processes when the server has taken a first step. The second one must bring the
 * rest, and the server must then have the very commit that the clone has.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { REFS } from '../src/domain/ids.ts';
import { madeWriter } from './helpers/made-journal.ts';
import { type Watched, watched } from './helpers/watched.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(dirname(HERE), 'bin/git-cmf');
const PUSH = [process.execPath, PROGRAM, 'push', 'origin'] as const;
const NUMBER = 0;

async function main(): Promise<void> {
  const entries = Number(process.argv[2] ?? 1_000_000);
  const folder = mkdtempSync(join(tmpdir(), 'cmf-one-writer-'));
  try {
    say(`${entries} entries of one writer, load ${loadavg()[0]?.toFixed(1)}`);
    const server = join(folder, 'server.git');
    git(folder, 'init', '-q', '--bare', server);
    execFileSync(process.execPath, [PROGRAM, 'server', 'install', '-q'], { cwd: server });
    const clone = await makeClone(folder, entries);
    git(clone, 'remote', 'add', 'origin', server);
    await cutPush(clone, server);
    say(`cut: the server has ${commitsIn(server)} of ${commitsIn(clone)} commits`);
    tell('the push after it', await watched(clone, PUSH));
    say(
      `then: ${commitsIn(server)} of ${commitsIn(clone)} commits, ${tipOf(server) === tipOf(clone) ? 'the same tip' : 'NOT THE SAME TIP'}`,
    );
    const bare = join(folder, 'bare.git');
    git(folder, 'init', '-q', '--bare', bare);
    tell(
      'bare git push of all',
      await watched(clone, ['git', 'push', '-q', bare, `${REFS.journal}*:${REFS.journal}*`]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A clone that is the writer whose journal is made. */
async function makeClone(folder: string, entries: number): Promise<string> {
  const clone = join(folder, 'clone');
  git(folder, 'init', '-q', clone);
  const { secret, record } = madeWriter(NUMBER);
  execFileSync(process.execPath, [PROGRAM, 'init', '-q'], { cwd: clone });
  const state = join(clone, '.git/cmf');
  writeFileSync(join(state, 'key'), `${secret}\n`, { mode: 0o600 });
  writeFileSync(join(state, 'writer.json'), record.text);
  // It names the writer that was here; without it the clone is taken as it is.
  rmSync(join(state, 'self'), { force: true });
  const words = [join(HERE, 'helpers/make-journals.ts'), clone, NUMBER, 1, entries].map(String);
  const maker = spawn(process.execPath, ['--import', 'tsx', ...words], { stdio: 'inherit' });
  if ((await once(maker, 'exit'))[0] !== 0) throw new Error('making the journal failed');
  return clone;
}

async function cutPush(clone: string, server: string): Promise<void> {
  const startedAt = performance.now();
  const [program, ...words] = PUSH;
  // A group of its own, so that git and the server's hook end with it, as when a machine goes down.
  const child = spawn(program, words, { cwd: clone, detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (tipOf(server) === '' && child.exitCode === null) await sleep(20);
  if (child.exitCode !== null) throw new Error('the push ended before it could be cut: more entries are needed');
  say(`first step taken after ${((performance.now() - startedAt) / 1000).toFixed(2)} s`);
  await sleep(200);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await ended;
}

function tipOf(repository: string): string {
  return git(repository, 'for-each-ref', '--format=%(objectname)', REFS.journal).trim();
}

function commitsIn(repository: string): string {
  const tip = tipOf(repository);
  return tip === '' ? '0' : git(repository, 'rev-list', '--count', tip).trim();
}

function tell(name: string, { ms, cpuMs, peakBytes }: Watched): void {
  const memory = `${(peakBytes / 2 ** 20).toFixed(0)} MiB`;
  say(`${name}: ${(ms / 1000).toFixed(2)} s, ${(cpuMs / 1000).toFixed(2)} s of processor, ${memory}`);
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8' });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
