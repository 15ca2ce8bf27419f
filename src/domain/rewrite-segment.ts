/**
 * Rewriting a segment without the entries that were purged. Header and signature stay, so what is left still verifies, and
 * the name becomes the hash of what is left.
 *
 * The result depends on which lines are gone and on nothing else: purging A and then A and B gives the bytes that purging A
 * and B gives.
 */
import { sha256Hex } from './digest.ts';
import type { Entry } from './entry.ts';
import type { EntryId } from './ids.ts';
import type { Segment } from './segment.ts';

/**
 * The segment without these entries; undefined when it has none of them.
 * @param isGone true for an entry whose line must go
 */
export function rewriteSegment(segment: Segment, isGone: (entry: Entry) => boolean): Segment | undefined {
  const gone = new Set(segment.entries.filter(isGone).map(({ id }) => id));
  if (gone.size === 0) return undefined;
  const lines = segment.text.split('\n');
  const byLine = new Map(segment.entries.map(({ line, id }) => [line, id]));
  const ids: EntryId[] = [];
  // The first line is the header; the last ones are the signature and what follows the last line feed.
  for (let i = 1; i < lines.length - 2; i++) {
    const id = byLine.get(lines[i] ?? '');
    if (id !== undefined && gone.has(id)) lines[i] = purgedLine(id);
    const now = lines[i] ?? '';
    if (now.startsWith(PURGED_START)) ids.push(now.slice(PURGED_START.length, -2) as EntryId);
  }
  const text = lines.join('\n');
  return {
    header: segment.header,
    entries: segment.entries.filter(({ id }) => !gone.has(id)),
    purged: ids,
    text,
    sha256: sha256Hex(text),
  };
}

const PURGED_START = '{"purged":"';

function purgedLine(id: EntryId): string {
  return `${PURGED_START}${id}"}`;
}
