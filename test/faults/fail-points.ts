/**
 * Kills commands at every point where they change something, one point after the other; of points that repeat each other at
 * a few (choose-points.ts). After each kill: nothing that was
 * reported before is gone, the next ordinary command works, and all sites agree in the end; where a kill leaves what another
 * kill left (the point before only read or synced), the last is not looked at again.
 *
 * Usage: node --import tsx test/faults/fail-points.ts [PART-OF-A-NAME]…
 *
 * FAULTS_SEED   which points are drawn of those that repeat others; printed
 * FAULTS_MORE   how many of them are drawn for each command
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { inParallel, ROOT } from '../helpers/sites.ts';
import type { Attack, Scenario } from './attack.ts';
import { choosePoints, type Kill, type Point, runsOf } from './choose-points.ts';
import { requireNoTrace } from './no-trace.ts';
import { saveFolder } from './saved-folder.ts';
import { SCENARIOS } from './scenarios.ts';
import { agree, type Known, knownAt, program, requireAll } from './world.ts';

const PRELOAD = pathToFileURL(join(ROOT, 'test/helpers/fail-points.mjs')).href;
const SEED = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
const MORE = Number(process.env['FAULTS_MORE'] ?? 2);
const WORLDS = 3;
const REACHED_AGAIN_MIN = 0.8;

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
  const places = [world.central, ...world.sites];
  const saved = [...places, ...(attack.places ?? [])].map(saveFolder);
  const before = new Map<string, Known>();
  for (const place of places) before.set(place, await knownAt(place));
  const log = join(makeTempDirectory('points'), 'log');
  const restore = () => {
    for (const one of saved) one.restore();
    rmSync(log, { force: true });
  };
  await program(folder, attack.args, { ...inputOf(attack), env: failEnv(attack, log) });
  const points = readPoints(log);
  await attack.check?.('next');
  await attack.afterwards?.();
  const bench = { attack, log, restore, before, total: (await agree(world)).size };
  const kills = choosePoints(points, SEED, MORE);
  const failures: string[] = [];
  let killed = 0;
  for (const kill of kills) {
    const failure = await attempt(bench, kill);
    if (failure === 'not reached') continue;
    killed++;
    if (failure === undefined) continue;
    failures.push(`${name}, killed ${kill.when} point ${kill.at} (${kill.what}):\n${failure}`.replaceAll('\n', '\n  '));
    process.stdout.write(`${failures.at(-1)}\n`);
  }
  process.stdout.write(
    `${name}: ${points.length} points at ${runsOf(points).size} places${leftOut(points, kills)}; ${kills.length} kills, ` +
      `${kills.length - killed} not reached again, ${failures.length} failed\n`,
  );
  if (killed < kills.length * REACHED_AGAIN_MIN) failures.push(`${name}: too few points were reached again`);
  return { killed, points: points.length, failures };
}

/** Which points nobody is killed at: all of them repeat what others did. */
function leftOut(points: readonly Point[], kills: readonly Kill[]): string {
  const left = points.length - new Set(kills.map(({ at }) => at)).size;
  return left === 0 ? '' : `, ${left} of them repetitions that are left out`;
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
  const { world, folder, args, next = args, nextExits = [0], gone = NOTHING, secret } = attack;
  await program(folder, args, { ...inputOf(attack), env: failEnv(attack, log, kill), expectExit: 'any' });
  if (readPoints(log).length < kill.at) return false;
  const kept = new Map([...before].map(([place, known]) => [place, without(known, gone)]));
  for (const [place, known] of kept) requireAll(known, await knownAt(place), `in ${place} after the kill`);
  await attack.check?.('killed');
  const { exitCode, stderr } = await program(folder, next, { ...inputOf(attack), expectExit: 'any' });
  if (!nextExits.includes(exitCode)) throw new Error(`the next command exited ${exitCode}: ${stderr}`);
  requireAll(kept.get(folder) ?? new Map(), await knownAt(folder), `in ${folder} after the next command`);
  await attack.check?.('next');
  if (!kill.isFresh) return true;
  await attack.afterwards?.();
  const after = await agree(world);
  for (const known of kept.values()) requireAll(known, after, 'in the end');
  const back = [...gone].filter((id) => after.has(id));
  if (back.length > 0) throw new Error(`purged, and there again: ${back.join(', ')}`);
  for (const place of secret === undefined ? [] : before.keys()) await requireNoTrace(place, secret ?? '');
  // What was reported is there; what was not may be there too, but never in part.
  const once = Math.max(total - new Set([...kept.values()].flatMap((known) => [...known.keys()])).size, 0);
  if (after.size < total || after.size > total + once) {
    throw new Error(`${after.size} records in the end; ${total} to ${total + once} are right`);
  }
  return true;
}

const NOTHING: ReadonlySet<string> = new Set();

function without(known: Known, gone: ReadonlySet<string>): Known {
  return new Map([...known].filter(([id]) => !gone.has(id)));
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
  const results = await inParallel(scenarios, WORLDS, runScenario);
  const sum = (count: (result: Result) => number) => results.reduce((total, result) => total + count(result), 0);
  const failures = results.flatMap((result) => result.failures);
  const [points, killed] = [sum((result) => result.points), sum((result) => result.killed)];
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  // Again at the end, where they are not lost among what went well.
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  process.stdout.write(`${points} fail points, ${killed} killed, FAULTS_SEED=${SEED}, ${seconds} s\n`);
  process.stdout.write(`${Math.max(killed - failures.length, 0)} passed, ${failures.length} failed\n`);
  process.exitCode = failures.length === 0 && killed > 0 ? 0 : 1;
}

await main();
