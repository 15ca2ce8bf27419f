/**
 * Kills a random process at a random moment, again and again: clients, their gits, receive-pack, hooks and merge workers.
 * After each kill nothing that was reported is gone; every some kills plain commands must bring all sites to agree.
 *
 * Usage: node --import tsx test/faults/random-kills.ts
 *
 * FAULTS_SEED    which commands run and which processes die; the machine's timing has a part in it too
 * FAULTS_KILLS   how many processes die
 */
import { randomInt } from 'node:crypto';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../fuzz/random.ts';
import { inParallel, runLines } from '../helpers/sites.ts';
import { CAN_LOOK, markedProcesses } from './marked-processes.ts';
import { agree, knownAt, makeWorld, newMark, program, requireAll, type World } from './world.ts';

const SEED = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
const KILLS = Number(process.env['FAULTS_KILLS'] ?? 300);
const WORLDS = 2;
const KILLS_BETWEEN_HEALS = 8;

/** What happened so far. */
type Tally = { kills: number; rounds: number; heals: number; staleLocks: number; readonly died: Map<string, number> };

type Siege = {
  readonly world: World;
  readonly random: Random;
  readonly tally: Tally;
  /** How long a command takes here that nobody kills, with all that it leaves running. */
  readonly tookMs: Map<string, number>;
};

const RUN = runLines()
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

async function besiege(seed: number, kills: number): Promise<Tally> {
  const tally: Tally = { kills: 0, rounds: 0, heals: 0, staleLocks: 0, died: new Map() };
  const siege: Siege = { world: await makeWorld(true), random: new Random(seed), tally, tookMs: new Map() };
  await heal(siege);
  while (tally.kills < kills) {
    for (const until = tally.kills + KILLS_BETWEEN_HEALS; tally.kills < until; ) await oneRound(siege);
    await heal(siege);
    process.stdout.write(`  ${tally.kills} kills here, all agree\n`);
  }
  return tally;
}

async function oneRound(siege: Siege): Promise<void> {
  const { world, random, tally } = siege;
  const site = random.pick([world.a, world.b]);
  await program(site, ['record', '--stdin'], { input: RUN });
  const before = [await knownAt(site), await knownAt(world.central)] as const;
  const [command, input] = random.pick([
    [['push'], ''],
    [['push'], ''],
    [['push'], ''],
    [['pull'], ''],
    [['record', '--stdin'], RUN],
  ] as const);
  const victim = await attack(siege, site, command, input);
  tally.rounds++;
  if (victim !== undefined) {
    tally.kills++;
    tally.died.set(victim, (tally.died.get(victim) ?? 0) + 1);
  }
  const what = `after ${victim ?? 'nobody'} died in ${command[0]}`;
  requireAll(before[0], await knownAt(site), `in a clone ${what}`);
  requireAll(before[1], await knownAt(world.central), `at the remote ${what}`);
}

/** Starts a command and kills one process of it; returns what that was, undefined when all had ended before. */
async function attack(
  siege: Siege,
  site: string,
  command: readonly string[],
  input: string,
): Promise<string | undefined> {
  const { random, tookMs } = siege;
  const mark = newMark();
  const ended = program(site, command, { input, mark, expectExit: 'any' });
  await sleep(random.below(Math.ceil(tookMs.get(command[0] ?? '') ?? 0)));
  const victim = killOne(mark, random);
  await ended;
  return victim;
}

/** Every kind has the same chance, however many processes of it there are. */
function killOne(mark: string, random: Random): string | undefined {
  const kinds = new Map<string, number>();
  for (const { pid, command } of markedProcesses(mark)) kinds.set(kindOf(command), pid);
  if (kinds.size === 0) return undefined;
  const [kind, pid] = random.pick([...kinds]);
  try {
    process.kill(pid, 'SIGKILL');
    return kind;
  } catch {
    // It has just ended.
    return undefined;
  }
}

function kindOf(command: string): string {
  const words = command.split(' ').filter((word) => !word.startsWith('-') && !word.includes('='));
  const at = words.findIndex((word) => word.endsWith('git-cmf'));
  if (at >= 0) return words[at + 1] === 'hook' ? `the hook ${words[at + 2]}` : `git cmf ${words[at + 1]}`;
  if (/(?:^|\/)sh$/.test(words[0] ?? '')) return 'a shell of a hook';
  return `${words[0]?.replace(/.*\//, '')} ${words[1]?.replace(/.*\//, '') ?? ''}`.trim();
}

/** Ordinary commands, and nothing else, make all right again; but where a git left a lock, doctor is asked as we promise. */
async function heal(siege: Siege): Promise<void> {
  const { world, tally } = siege;
  tally.heals++;
  for (const site of [world.a, world.b]) await timed(siege, site, ['record', '--stdin'], RUN);
  try {
    for (const command of ['push', 'pull']) {
      for (const site of [world.a, world.b]) await timed(siege, site, [command], '');
    }
    await agree(world);
  } catch (error) {
    const locks = [world.a, world.b, world.central].flatMap((place) => ageLocks(place));
    if (locks.length === 0) throw error;
    tally.staleLocks += locks.length;
    for (const place of [world.a, world.b, world.central]) await program(place, ['doctor', '--fix']);
    await program(world.a, ['record', '--stdin'], { input: RUN });
    await agree(world);
  }
}

async function timed({ tookMs }: Siege, site: string, command: readonly string[], input: string): Promise<void> {
  const started = performance.now();
  await program(site, command, { input });
  tookMs.set(command[0] ?? '', performance.now() - started);
}

/** Makes the locks that killed gits left as old as they must be for doctor. Nothing runs here now. */
function ageLocks(place: string): string[] {
  const locks = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock'));
  const paths = locks.filter((name) => !name.includes('cmf/lock/')).map((name) => join(place, name));
  const anHourAgo = Date.now() / 1000 - 3600;
  for (const path of paths) utimesSync(path, anHourAgo, anHourAgo);
  return paths;
}

async function main(): Promise<void> {
  process.stdout.write(`FAULTS_SEED=${SEED}\n`);
  if (!CAN_LOOK) throw new Error('this test finds processes through /proc, which this system does not have');
  const started = Date.now();
  const failures: string[] = [];
  const tallies = await inParallel([...Array(WORLDS).keys()], WORLDS, async (i) => {
    return besiege(SEED + i, KILLS / WORLDS).catch((error: unknown) => {
      failures.push(error instanceof Error ? error.message : String(error));
      return undefined;
    });
  });
  report(tallies, failures);
  process.stdout.write(`FAULTS_SEED=${SEED}, ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  const kills = tallies.reduce((total, tally) => total + (tally?.kills ?? 0), 0);
  process.stdout.write(`${kills} passed, ${failures.length} failed\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function report(tallies: readonly (Tally | undefined)[], failures: readonly string[]): void {
  const died = new Map<string, number>();
  for (const tally of tallies) {
    for (const [kind, count] of tally?.died ?? []) died.set(kind, (died.get(kind) ?? 0) + count);
  }
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + (tally ? of(tally) : 0), 0);
  process.stdout.write(
    `${sum(({ kills }) => kills)} kills in ${sum(({ rounds }) => rounds)} rounds, ${sum(({ heals }) => heals)} times ` +
      `all agreed again, ${sum(({ staleLocks }) => staleLocks)} locks were left behind; by what died:\n`,
  );
  for (const [kind, count] of [...died].sort(([, x], [, y]) => y - x)) {
    process.stdout.write(`${String(count).padStart(6)}  ${kind}\n`);
  }
  for (const failure of failures) process.stdout.write(`  failed: ${failure}\n`);
}

await main();
