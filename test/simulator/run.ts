/**
 * Histories of a small world against what must always hold; then the same with one fault at a time, which must be found.
 *
 * Usage: node --import tsx test/simulator/run.ts
 *
 * CMF_SIM_SEED    lives the history of this seed only, tells it step by step, and leaves out the steps that do not matter
 * CMF_SIM_FIRST   the seed of the first history; drawn unless given
 * CMF_SIM_COUNT   how many histories are lived
 * CMF_SIM_STEPS   how many steps each has
 */
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { FAULTS, type Faults } from './faults.ts';
import { liveHistory } from './history.ts';
import { rememberSignatures } from './remember-signatures.ts';
import { shrink } from './shrink.ts';
import { addTally, emptyTally, renderTally, type Tally } from './tally.ts';

const { env, stdout } = process;
const STEPS = Number(env['CMF_SIM_STEPS'] ?? 30);
const COUNT = Number(env['CMF_SIM_COUNT'] ?? 2000);
const PROCESSES = 2;

/** Lives some histories in another process. */
function share(first: number, histories: number): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('share.ts', import.meta.url)), [first, histories, STEPS].map(String));
    let tally: Tally | undefined;
    child.on('message', (message) => {
      tally = message as Tally;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (tally === undefined) reject(new Error(`the histories from ${first} on ended with exit code ${code}`));
      else resolve(tally);
    });
  });
}

/** How many histories it took to find a fault; undefined: it was not found. */
async function historiesToFind(faults: Faults, first: number): Promise<number | undefined> {
  for (let i = 0; i < COUNT; i++) {
    const { violation } = await liveHistory({ seed: first + i, steps: STEPS, faults });
    if (violation !== undefined) return i + 1;
  }
  return undefined;
}

async function runAll(first: number): Promise<void> {
  stdout.write(`the first seed is ${first}\n`);
  const sum = emptyTally();
  const size = Math.ceil(COUNT / PROCESSES);
  const starts = Array.from({ length: PROCESSES }, (_, i) => i * size);
  const shares = starts.map((start) => share(first + start, Math.min(size, COUNT - start)));
  for (const tally of await Promise.all(shares)) addTally(sum, tally);
  stdout.write(`${renderTally(sum)}\n`);
  let missed = 0;
  for (const [name, faults] of Object.entries(FAULTS)) {
    const took = await historiesToFind(faults, first);
    if (took === undefined) missed++;
    stdout.write(`${took === undefined ? 'NOT FOUND' : `found by history ${took}`}: ${name}\n`);
  }
  const failed = sum.failed + missed;
  stdout.write(`${sum.histories + Object.keys(FAULTS).length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function runOne(seed: number): Promise<void> {
  const { without, ending } = await shrink({ seed, steps: STEPS });
  stdout.write(`${ending.world.log.join('\n')}\n`);
  const left = STEPS - without.size;
  stdout.write(
    ending.violation === undefined
      ? '1 passed, 0 failed\n'
      : `${ending.violation}\n(${left} steps)\n0 passed, 1 failed\n`,
  );
  process.exitCode = ending.violation === undefined ? 0 : 1;
}

rememberSignatures();
const seed = env['CMF_SIM_SEED'];
await (seed === undefined ? runAll(Number(env['CMF_SIM_FIRST'] ?? randomInt(2 ** 31))) : runOne(Number(seed)));
