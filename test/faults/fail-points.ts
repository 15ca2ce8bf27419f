/**
 * Kills commands at every point where they change something, one point after the other. After each kill: nothing that was
 * reported before is gone, the next ordinary command works, and all sites agree in the end; where a kill leaves what another
 * kill left (the point before only read or synced), the last is not looked at again.
 *
 * Usage: node --import tsx test/faults/fail-points.ts [PART-OF-A-NAME]…
 *
 * FAULTS_SEED   which points are drawn where there are too many; printed
 * FAULTS_MAX    how many points of one command are killed at most, for a quick look; all unless given
 * FAULTS_MORE   how many points of one command are killed besides the first one at each place of the program
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { inParallel, ROOT } from '../helpers/sites.ts';
import { choosePoints, type Kill, type Point } from './choose-points.ts';
import { saveFolder } from './saved-folder.ts';
import { type Attack, SCENARIOS, type Scenario } from './scenarios.ts';
import { agree, type Known, knownAt, program, requireAll } from './world.ts';

const PRELOAD = pathToFileURL(join(ROOT, 'test/helpers/fail-points.mjs')).href;
const SEED = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
const MAX = Number(process.env['FAULTS_MAX'] ?? 1000);
const MORE = Number(process.env['FAULTS_MORE'] ?? 2);

type Result = { readonly killed: number; readonly points: number; readonly failures: readonly string[] };

/** An attack that has been run once without a kill. */
type Bench = {
  readonly attack: Attack;
  readonly log: string;
  readonly restore: () => void;
  /** What each site knew before. */
  readonly before: ReadonlyMap<string, Known>;
  /** How many records there are when nobody is killed. */
  readonly total: number;
};

async function runScenario({ name, prepare }: Scenario): Promise<Result> {
  const attack = await prepare();
  const { world, folder } = attack;
  const places = [world.central, world.a, world.b];
  const saved = places.map(saveFolder);
  const before = new Map<string, Known>();
  for (const place of places) before.set(place, await knownAt(place));
  const log = join(makeTempDirectory('points'), 'log');
  const restore = () => {
    for (const one of saved) one.restore();
    rmSync(log, { force: true });
  };
  await program(folder, attack.args, { ...inputOf(attack), env: failEnv(attack, log) });
  const points = readPoints(log);
  const bench = { attack, log, restore, before, total: (await agree(world)).size };
  const kills = choosePoints(points, SEED, MORE).filter((_, i, all) => i % Math.ceil(all.length / MAX) === 0);
  const failures: string[] = [];
  let killed = 0;
  for (const kill of kills) {
    const failure = await attempt(bench, kill);
    if (failure === 'not reached') continue;
    killed++;
    if (failure !== undefined)
      failures.push(`${name}, killed ${kill.when} point ${kill.at} (${kill.what}): ${failure}`);
  }
  const distinct = new Set(points.map(({ site, what }) => `${what} ${site}`)).size;
  process.stdout.write(
    `${name}: ${points.length} points at ${distinct} places, ${kills.length} chosen, ${killed} killed, ` +
      `${failures.length} failed\n${failures.map((line) => `  ${line.replaceAll('\n', '\n    ')}\n`).join('')}`,
  );
  if (killed < kills.length * 0.8) failures.push(`${name}: too few points were reached again`);
  return { killed, points: points.length, failures };
}

function readPoints(log: string): Point[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Point);
}

async function attempt(bench: Bench, kill: Kill): Promise<string | undefined> {
  bench.restore();
  try {
    return (await killOnce(bench, kill)) ? undefined : 'not reached';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @returns false when the command took another way and did not come to that point */
async function killOnce({ attack, log, before, total }: Bench, kill: Kill): Promise<boolean> {
  const { world, folder, args, next = args, nextExits = [0] } = attack;
  await program(folder, args, { ...inputOf(attack), env: failEnv(attack, log, kill), expectExit: 'any' });
  if (readPoints(log).length < kill.at) return false;
  for (const [place, known] of before) requireAll(known, await knownAt(place), `in ${place} after the kill`);
  const { exitCode, stderr } = await program(folder, next, { ...inputOf(attack), expectExit: 'any' });
  if (!nextExits.includes(exitCode)) throw new Error(`the next command exited ${exitCode}: ${stderr}`);
  requireAll(before.get(folder) ?? new Map(), await knownAt(folder), `in ${folder} after the next command`);
  if (!kill.isFresh) return true;
  const after = await agree(world);
  for (const known of before.values()) requireAll(known, after, 'in the end');
  // What was reported is there; what was not may be there too, but never in part.
  const once = total - new Set([...before.values()].flatMap((known) => [...known.keys()])).size;
  if (after.size < total || after.size > total + once) {
    throw new Error(`${after.size} records in the end; ${total} to ${total + once} are right`);
  }
  return true;
}

function inputOf({ input }: Attack): { readonly input?: string } {
  return input === undefined ? {} : { input };
}

function failEnv({ args, victim = args }: Attack, log: string, kill?: Kill): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${PRELOAD}`,
    FAIL_POINTS_COMMAND: JSON.stringify(victim),
    FAIL_POINTS_LOG: log,
    ...(kill === undefined ? {} : { FAIL_POINTS_AT: String(kill.at), FAIL_POINTS_WHEN: kill.when }),
  };
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const scenarios = SCENARIOS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  process.stdout.write(`FAULTS_SEED=${SEED}\n`);
  const started = Date.now();
  const results = await inParallel(scenarios, 2, runScenario);
  const sum = (count: (result: Result) => number) => results.reduce((total, result) => total + count(result), 0);
  const failures = results.flatMap((result) => result.failures);
  const [points, killed] = [sum((result) => result.points), sum((result) => result.killed)];
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  process.stdout.write(`${points} fail points, ${killed} killed, FAULTS_SEED=${SEED}, ${seconds} s\n`);
  process.stdout.write(`${Math.max(killed - failures.length, 0)} passed, ${failures.length} failed\n`);
  process.exitCode = failures.length === 0 && killed > 0 ? 0 : 1;
}

await main();
