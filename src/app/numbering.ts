/** The numbers of a writer's segments in each bucket: gaps and forks are worth telling, and never wrong. */
import type { Segment } from '../domain/segment.ts';

/**
 * By `writer bucket`, then number: the signature lines of the segments that carry it. A purge leaves that line as it is, so
 * a segment and what a purge left of it are one.
 */
export type Numbering = Map<string, Map<number, Set<string>>>;

/** Takes a segment into account; twice is once. */
export function noteSegment(numbering: Numbering, { header, text }: Segment): void {
  const key = `${header.writer} ${header.bucket}`;
  const numbers = numbering.get(key) ?? new Map<number, Set<string>>();
  numbering.set(key, numbers);
  const signature = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
  numbers.set(header.number, (numbers.get(header.number) ?? new Set<string>()).add(signature));
}

/** What the numbers tell, one line each: a number that is missing, or several segments with one number. */
export function numberingNotices(numbering: Numbering): string[] {
  return [...numbering].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, numbers]) => noticesOf(key, numbers));
}

function noticesOf(key: string, numbers: ReadonlyMap<number, ReadonlySet<string>>): string[] {
  const [writer = '', bucket = ''] = key.split(' ');
  const where = `writer ${writer}, ${bucket === '_' ? 'no pipeline' : `pipeline ${bucket.slice(0, 12)}`}`;
  const notices: string[] = [];
  const sorted = [...numbers.keys()].sort((a, b) => a - b);
  let expected = 0;
  for (const number of sorted) {
    if (number > expected) {
      const last = number - 1 === expected ? '' : ` to ${number - 1}`;
      notices.push(`${where}: segment ${expected}${last} is not here (another clone may have it)`);
    }
    expected = number + 1;
    const count = numbers.get(number)?.size ?? 0;
    if (count > 1) notices.push(`${where}: ${count} segments have number ${number} (a copied clone, or a lost race)`);
  }
  return notices;
}
