import type { BenchCase, Goal, Side, Sides } from './bench-case.ts';

/** The times of one side, in milliseconds. */
export type Timing = {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
};

/** One measured row. */
export type Row = {
  readonly name: string;
  readonly goal: Goal;
  readonly work: Timing;
  readonly against: Timing;
  readonly limit?: Timing;
  /** Median of the work over median of what it is held against. */
  readonly ratio: number;
  readonly isMet: boolean;
};

/**
 * Times the sides in turn (A B A B …), so that a machine that grows slower or faster meanwhile does so for all of them.
 *
 * The first run of each warms caches and is not counted.
 */
export async function measure(benchCase: BenchCase, sides: Sides): Promise<Row> {
  const all: readonly Side[] = [sides.work, sides.against, ...(sides.limit === undefined ? [] : [sides.limit])];
  const times = all.map((): number[] => []);
  for (let round = 0; round <= benchCase.rounds; round++) {
    for (const [index, side] of all.entries()) {
      const durationMs = await timeOnce(side);
      if (round > 0) times[index]?.push(durationMs);
    }
  }
  const [work, against, limit] = all.map((side, index) => summarise(side.name, times[index] ?? []));
  if (work === undefined || against === undefined) throw new Error('a case has two sides');
  return judgeRow(benchCase, work, against, limit);
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** True if a ratio of work to what it is held against is good enough. */
export function isGoalMet(goal: Goal, ratio: number): boolean {
  return goal.kind === 'at-most' ? ratio <= goal.times : ratio * goal.times <= 1;
}

function judgeRow({ name, goal }: BenchCase, work: Timing, against: Timing, limit: Timing | undefined): Row {
  const ratio = work.medianMs / against.medianMs;
  const row = { name, goal, work, against, ratio, isMet: isGoalMet(goal, ratio) };
  return limit === undefined ? row : { ...row, limit };
}

function summarise(name: string, timesMs: readonly number[]): Timing {
  return { name, medianMs: median(timesMs), minMs: Math.min(...timesMs), maxMs: Math.max(...timesMs) };
}

async function timeOnce(side: Side): Promise<number> {
  await side.prepare?.();
  const startedAt = performance.now();
  await side.run();
  return performance.now() - startedAt;
}
