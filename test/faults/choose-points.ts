import { shuffled } from '../helpers/laws/shuffle.ts';

/** A point at which a command can be killed, as the preloaded counter wrote it down. */
export type Point = { readonly what: string; readonly site: string };

/** One kill: at the point of that number, counted from 1. */
export type Kill = {
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly what: string;
  /** False: the point before changed nothing that a kill could show, so this one leaves what another left. */
  readonly isFresh: boolean;
};

/** What a git that only reads does while its parent dies changes nothing. */
const READS =
  /^start git (?:rev-parse|for-each-ref|cat-file|ls-remote|merge-base|rev-list|config|remote|var|status|symbolic-ref|show-ref|diff|ls-files|check-ignore)\b/;

/**
 * Which points are killed. Points that do the same to the same kind of file from the same place of the program are one run
 * (the removal of each of a thousand logs). Of each run the first, the second, the middle and the last are killed: where it
 * begins, where it has begun, where it is half done and where it ends. Of what is left `more` are drawn by the seed.
 *
 * Between the end of one point and the next nothing changes, so `after` is tried only where a process was started that
 * acts, and at the very last point.
 */
export function choosePoints(points: readonly Point[], seed: number, more: number): Kill[] {
  const chosen = [...runsOf(points).values()].flatMap(representatives);
  const rest = [...points.keys()].filter((i) => !chosen.includes(i));
  const drawn = shuffled(rest, seed).slice(0, more);
  return [...chosen, ...drawn].sort((a, b) => a - b).flatMap((i) => killsAt(points, i));
}

/** The indexes of equal points, in their order. */
export function runsOf(points: readonly Point[]): Map<string, number[]> {
  const runs = new Map<string, number[]>();
  for (const [i, { what, site }] of points.entries()) {
    const run = runs.get(`${what} ${site}`) ?? [];
    run.push(i);
    runs.set(`${what} ${site}`, run);
  }
  return runs;
}

function representatives(run: readonly number[]): number[] {
  const places = new Set([0, 1, Math.floor(run.length / 2), run.length - 1]);
  return run.filter((_, i) => places.has(i));
}

function killsAt(points: readonly Point[], i: number): Kill[] {
  const what = points[i]?.what ?? '';
  const before: Kill = { at: i + 1, when: 'before', what, isFresh: i === 0 || changes(points[i - 1]?.what ?? '') };
  const isActing = what.startsWith('start ') && !READS.test(what);
  if (!isActing && i < points.length - 1) return [before];
  return [before, { at: i + 1, when: 'after', what, isFresh: true }];
}

/** A kill is no power cut: what was not synced is there all the same. */
function changes(what: string): boolean {
  return !READS.test(what) && !/^f(?:data)?sync$/.test(what);
}
