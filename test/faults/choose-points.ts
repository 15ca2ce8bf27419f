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
 * Which points are killed: the first at each place of the program, and `more` of the rest, drawn by the seed. Between the
 * end of one point and the next nothing changes, so `after` is tried only where a process was started that acts.
 */
export function choosePoints(points: readonly Point[], seed: number, more: number): Kill[] {
  const seen = new Set<string>();
  const first: Kill[] = [];
  const rest: Kill[] = [];
  for (const [i, { what, site }] of points.entries()) {
    const place = `${what} ${site}`;
    const kills = seen.has(place) ? rest : first;
    seen.add(place);
    kills.push({ at: i + 1, when: 'before', what, isFresh: i === 0 || changes(points[i - 1]?.what ?? '') });
    const isActing = what.startsWith('start ') && !READS.test(what);
    if (isActing || i === points.length - 1) kills.push({ at: i + 1, when: 'after', what, isFresh: true });
  }
  return [...first, ...shuffled(rest, seed).slice(0, more)].sort((a, b) => a.at - b.at);
}

/** A kill is no power cut: what was not synced is there all the same. */
function changes(what: string): boolean {
  return !READS.test(what) && !/^f(?:data)?sync$/.test(what);
}
