/**
 * How long `git push` of a journal takes into a central repository with hooks, beside one without any.
 *
 * Usage: node --import tsx bench/push-wait.ts [--rounds N] [--stay] [PUSHES-AT-ONCE]…        (default: 15 rounds of 1 and of 24)
 *
 * --stay: with `cmf.stayMinutes`, and a process that stays since a push before.
 *
 * Each round has a new pair of repositories and pushes of as many clones as are asked for, all at once, first into the one,
 * then into the other. Printed are the medians over all pushes of all rounds: the wait of a client by the clock, and the
 * processor time of client and hooks together. At the end everything that was pushed must lie in one merged tree.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { REFS } from '../src/domain/ids.ts';
import { madeWriter } from './helpers/made-journal.ts';
import { watched } from './helpers/watched.ts';
import { median } from './measure.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(dirname(HERE), 'bin/git-cmf');
/** What a training run of some minutes leaves. */
const ENTRIES = 100;
const REFSPEC = `${REFS.journal}*:${REFS.journal}*`;

type Waits = { readonly ms: number[]; readonly cpuMs: number[] };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, stay: { type: 'boolean' } },
  });
  const rounds = Number(values.rounds ?? 15);
  const counts = positionals.length === 0 ? [1, 24] : positionals.map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'cmf-push-wait-'));
  try {
    const clones: string[] = [];
    // The last one is pushed before.
    for (let i = 0; i <= Math.max(...counts); i++) clones.push(await makeClone(folder, i));
    say(
      `git push of ${ENTRIES} entries; ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, ${rounds} rounds`,
    );
    say('at once   with hooks (processor)   without (processor)   longer by');
    const before = values.stay === true ? clones.slice(-1) : [];
    for (const count of counts) await compare(folder, { clones: clones.slice(0, count), before }, rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Pushes = {
  readonly clones: readonly string[];
  /** Pushed first, so that a process stays. */
  readonly before: readonly string[];
};

async function compare(folder: string, { clones, before }: Pushes, rounds: number): Promise<void> {
  const [hooked, plain]: readonly Waits[] = [
    { ms: [], cpuMs: [] },
    { ms: [], cpuMs: [] },
  ];
  if (hooked === undefined || plain === undefined) return;
  // The first round warms caches and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const server = newServer(folder);
    execFileSync(process.execPath, [PROGRAM, 'server', 'install', '-q'], { cwd: server });
    if (before.length > 0) await makeStay(server, before);
    const withHooks = await pushAtOnce(server, clones);
    await untilMerged(server, before.length + clones.length);
    // Whoever stays goes.
    rmSync(join(server, 'cmf/desk'), { recursive: true, force: true });
    const without = await pushAtOnce(newServer(folder), clones);
    if (round > 0) {
      add(hooked, withHooks);
      add(plain, without);
    }
  }
  const cell = ({ ms, cpuMs }: Waits) => `${median(ms).toFixed(0)} ms (${median(cpuMs).toFixed(0)})`.padStart(22);
  const more = `${(median(hooked.ms) - median(plain.ms)).toFixed(0)} ms`;
  say(`${String(clones.length).padStart(7)} ${cell(hooked)} ${cell(plain)} ${more.padStart(12)}`);
}

async function pushAtOnce(server: string, clones: readonly string[]): Promise<Waits> {
  const all = await Promise.all(clones.map((clone) => watched(clone, ['git', 'push', '-q', server, REFSPEC])));
  return { ms: all.map(({ ms }) => ms), cpuMs: all.map(({ cpuMs }) => cpuMs) };
}

async function makeStay(server: string, clones: readonly string[]): Promise<void> {
  git(server, 'config', 'cmf.stayMinutes', '1');
  await pushAtOnce(server, clones);
  await untilMerged(server, clones.length);
  while (!existsSync(join(server, `cmf/desk/${process.getuid?.()}.open`))) await sleep(20);
}

function add(to: Waits, more: Waits): void {
  to.ms.push(...more.ms);
  to.cpuMs.push(...more.cpuMs);
}

async function untilMerged(server: string, writers: number): Promise<void> {
  for (let tries = 0; tries < 6000; tries++) {
    const merged = git(server, 'for-each-ref', REFS.mergedAll) !== '';
    if (
      merged &&
      git(server, 'ls-tree', '-r', '-d', '--name-only', REFS.mergedAll).match(/^..\/[0-9a-f]+$/gm)?.length === writers
    )
      return;
    await sleep(20);
  }
  throw new Error('what was pushed was not merged');
}

let servers = 0;

function newServer(folder: string): string {
  const path = join(folder, `server-${servers++}`);
  git(folder, 'init', '-q', '--bare', path);
  return path;
}

async function makeClone(folder: string, number: number): Promise<string> {
  const clone = join(folder, madeWriter(number).record.writer);
  mkdirSync(clone);
  git(clone, 'init', '-q');
  const words = [join(HERE, 'helpers/make-journals.ts'), clone, number, 1, ENTRIES].map(String);
  const maker = spawn(process.execPath, ['--import', 'tsx', ...words], { stdio: 'inherit' });
  if ((await once(maker, 'exit'))[0] !== 0) throw new Error('making a journal failed');
  return clone;
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8' });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
