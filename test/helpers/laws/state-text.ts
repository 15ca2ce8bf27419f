import { encodeCanonical } from '../../../src/domain/canonical-json.ts';
import type { JournalState } from '../../../src/domain/join.ts';
import { viewOf } from '../../../src/domain/view.ts';
import { entriesDigest, viewDigest } from '../../../src/domain/view-digest.ts';

/** All that is in a state, as text: equal states give equal texts. */
export function stateText({ entries, writers, purges }: JournalState): string {
  const lines = [
    ...Array.from(entries.values(), ({ id }) => id),
    ...Array.from(writers.values(), ({ text }) => text),
    ...Array.from(purges.values(), (purge) => encodeCanonical({ ...purge })),
  ];
  return lines.sort().join('\n');
}

/** Both digests of a state, as `git cmf digest` prints them. */
export function digestsOf(state: JournalState): string {
  return `entries ${entriesDigest(state)}\nview    ${viewDigest(viewOf(state))}`;
}
