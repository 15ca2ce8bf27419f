/**
 * Measures each case of bench/cases side by side and prints medians, ranges and ratios.
 *
 * Usage: npm run bench -- [--rounds N] [PART-OF-A-CASE'S-FILE-NAME]…
 *
 * Ends with 0 when every goal that could be measured is met, with 1 when one is missed or a case fails.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchCase } from './bench-case.ts';
import { measure } from './measure.ts';
import { renderRow } from './render-row.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CASES = join(ROOT, 'bench/cases');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string' } } });
  const files = chooseCases(positionals);
  process.stdout.write(`node ${process.version}, ${process.platform}, ${availableParallelism()} cores\n\n`);
  const outcomes: boolean[] = [];
  const top = mkdtempSync(join(tmpdir(), 'cmf-bench-'));
  try {
    for (const file of files) outcomes.push(...(await runFile(file, top, values.rounds)));
  } finally {
    // Only now: for minutes after many files were removed, ext4 makes new ones several times as slowly.
    rmSync(top, { recursive: true, force: true });
  }
  const metCount = outcomes.filter(Boolean).length;
  process.stdout.write(`${metCount} goals met, ${outcomes.length - metCount} missed\n`);
  process.exitCode = metCount > 0 && metCount === outcomes.length ? 0 : 1;
}

function chooseCases(words: readonly string[]): readonly string[] {
  const all = readdirSync(CASES).filter((name) => name.endsWith('.ts'));
  const chosen = all.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Error(`no case matches ${words.join(' ')}; there are: ${all.join(', ')}`);
  return chosen.sort();
}

/** @returns for each row of the file whether its goal is met; nothing for one that cannot be measured here */
async function runFile(file: string, top: string, rounds: string | undefined): Promise<boolean[]> {
  const loaded = (await import(pathToFileURL(join(CASES, file)).href)) as {
    readonly default: BenchCase | readonly BenchCase[];
  };
  const met: boolean[] = [];
  for (const benchCase of [loaded.default].flat()) {
    const isMet = await runCase(rounds === undefined ? benchCase : { ...benchCase, rounds: Number(rounds) }, top);
    if (isMet !== undefined) met.push(isMet);
  }
  return met;
}

async function runCase(benchCase: BenchCase, top: string): Promise<boolean | undefined> {
  const folder = mkdtempSync(join(top, 'case-'));
  try {
    const sides = await benchCase.open({ root: ROOT, folder });
    if ('unmeasured' in sides) {
      process.stdout.write(`${benchCase.name}\n  not measured: ${sides.unmeasured}\n\n`);
      return undefined;
    }
    const row = await measure(benchCase, sides);
    process.stdout.write(`${renderRow(row)}\n`);
    return row.isMet;
  } catch (error) {
    process.stdout.write(`${benchCase.name}\n  FAIL ${error instanceof Error ? error.message : String(error)}\n\n`);
    return false;
  }
}

await main();
