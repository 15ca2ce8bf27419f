/**
 * Histories until it is stopped: one line a minute, and each seed that fails.
 *
 * Usage: node --import tsx test/simulator/soak.ts
 *
 * CMF_SIM_SEED   begins with this seed
 */
import { randomInt } from 'node:crypto';
import { liveHistory } from './history.ts';
import { rememberSignatures } from './remember-signatures.ts';
import { count, emptyTally, renderTally } from './tally.ts';

const MINUTE_MS = 60_000;
/** Short histories find more faults; long ones find others. */
const LENGTHS = [20, 40, 80, 200] as const;

rememberSignatures();
const tally = emptyTally();
let seed = Number(process.env['CMF_SIM_SEED'] ?? randomInt(2 ** 31));
let toldMs = Date.now();
let isStopped = false;
process.on('SIGINT', () => {
  isStopped = true;
});
process.stdout.write(`the first seed is ${seed}\n`);
for (; !isStopped; seed++) {
  const steps = LENGTHS[seed % LENGTHS.length] ?? 40;
  const ending = await liveHistory({ seed, steps });
  count(tally, ending);
  if (ending.violation !== undefined) {
    process.stdout.write(`CMF_SIM_SEED=${seed} CMF_SIM_STEPS=${steps}: ${ending.violation}\n`);
  }
  if (Date.now() - toldMs < MINUTE_MS) continue;
  toldMs = Date.now();
  process.stdout.write(`${new Date(toldMs).toISOString()} seed ${seed}: ${renderTally(tally)}\n`);
}
process.stdout.write(`${renderTally(tally)}\n${tally.histories - tally.failed} passed, ${tally.failed} failed\n`);
process.exitCode = tally.failed === 0 ? 0 : 1;
