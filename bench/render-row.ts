import type { Goal } from './bench-case.ts';
import type { Row, Timing } from './measure.ts';

/** One case as text: each side with its median and range, then the ratio and whether it is good enough. */
export function renderRow(row: Row): string {
  const sides = [row.work, row.against, ...(row.limit === undefined ? [] : [row.limit])];
  const width = Math.max(...sides.map(({ name }) => name.length));
  const lines = sides.map((side) => `  ${side.name.padEnd(width)}  ${renderTiming(side, row.work)}`);
  return [`${row.name}`, ...lines, `  ${renderJudgement(row)}`, ''].join('\n');
}

function renderTiming(side: Timing, work: Timing): string {
  const times = `${toMs(side.medianMs)} ms  (${toMs(side.minMs)} to ${toMs(side.maxMs)})`;
  return side === work ? times : `${times}  ${(work.medianMs / side.medianMs).toFixed(2)}×`;
}

function renderJudgement({ goal, ratio, isMet }: Row): string {
  const measured = goal.kind === 'at-most' ? `${ratio.toFixed(2)}× its time` : `${(1 / ratio).toFixed(2)}× faster`;
  return `${isMet ? 'ok  ' : 'MISS'} ${measured}, wanted ${describeGoal(goal)}`;
}

function describeGoal(goal: Goal): string {
  switch (goal.kind) {
    case 'at-most':
      return `at most ${goal.times}×`;
    case 'faster':
      return `at least ${goal.times}× faster`;
  }
}

function toMs(durationMs: number): string {
  return durationMs.toFixed(durationMs < 100 ? 1 : 0).padStart(7);
}
