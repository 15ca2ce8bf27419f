/** What many histories came to. */
import type { Ending } from './history.ts';

/** Sums over histories; plain data, so that it can go from process to process. */
export type Tally = {
  histories: number;
  failed: number;
  steps: number;
  commands: number;
  /** Commands that ended with an error that says what to do. */
  refused: number;
  crashes: number;
  deliveries: number;
};

/** Of no history. */
export function emptyTally(): Tally {
  return { histories: 0, failed: 0, steps: 0, commands: 0, refused: 0, crashes: 0, deliveries: 0 };
}

/** Adds one history. */
export function count(tally: Tally, { world, violation }: Ending): void {
  tally.histories++;
  if (violation !== undefined) tally.failed++;
  tally.steps += world.counts.steps;
  tally.commands += world.counts.commands;
  tally.refused += world.counts.failures;
  tally.crashes += world.counts.crashes;
  tally.deliveries += world.network.deliveries;
}

/** Adds up. */
export function addTally(sum: Tally, more: Tally): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += more[key];
}

export function renderTally(tally: Tally): string {
  return Object.entries(tally)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');
}
