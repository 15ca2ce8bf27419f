/**
 * Mutants of journals against what decides about them, with a slow independent check as the judge.
 *
 * Usage: node --import tsx test/fuzz/run.ts
 *
 * CMF_FUZZ_SEED    begins with this mutant; printed
 * CMF_FUZZ_COUNT   how many are judged in this process
 * CMF_FUZZ_PUSHES  how many go by real pushes
 */
import { randomInt } from 'node:crypto';
import { fuzzByHook } from './by-hook.ts';
import { fuzzByPush } from './by-push.ts';
import { fuzzInProcess } from './in-process.ts';
import { Tally } from './tally.ts';

const SEED = Number(process.env['CMF_FUZZ_SEED'] ?? randomInt(2 ** 31));
const COUNT = Number(process.env['CMF_FUZZ_COUNT'] ?? 50_000);
const PUSHES = Number(process.env['CMF_FUZZ_PUSHES'] ?? 320);

process.stdout.write(`CMF_FUZZ_SEED=${SEED}\n`);
const tallies: Tally[] = [];

async function stage(title: string, work: (tally: Tally) => Promise<void>): Promise<void> {
  const tally = new Tally();
  const started = Date.now();
  await work(tally);
  if (tally.good === 0 || tally.bad === 0) tally.fail('nothing to accept, or nothing to refuse: this shows nothing');
  process.stdout.write(`${tally.render(title)}  ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  tallies.push(tally);
}

await stage('trees, in process', (tally) => fuzzInProcess(SEED, COUNT, tally));
await stage('input of pre-receive', (tally) => fuzzByHook(SEED, COUNT / 10, tally));
await stage('trees, by git push', (tally) => fuzzByPush(SEED, PUSHES, tally));

const failed = tallies.reduce((sum, { failures }) => sum + failures.length, 0);
const total = tallies.reduce((sum, tally) => sum + tally.total, 0);
process.stdout.write(`CMF_FUZZ_SEED=${SEED}\n${Math.max(total - failed, 0)} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
