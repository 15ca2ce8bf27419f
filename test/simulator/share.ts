/** A part of the histories, lived in a process of its own: started by run.ts, which it tells what they came to. */
import { type Ending, liveHistory } from './history.ts';
import { rememberSignatures } from './remember-signatures.ts';
import { count, emptyTally } from './tally.ts';

rememberSignatures();
const [first = 0, histories = 0, steps = 0] = process.argv.slice(2).map(Number);
const tally = emptyTally();
for (let i = 0; i < histories; i++) {
  const seed = first + i;
  const ending: Ending = await liveHistory({ seed, steps });
  count(tally, ending);
  if (ending.violation !== undefined) {
    process.stdout.write(`CMF_SIM_SEED=${seed} CMF_SIM_STEPS=${steps}: ${ending.violation}\n`);
  }
}
process.send?.(tally);
