/** Recording uses, the same from every face: what made an input is looked up, what an output made is remembered. */
import type { EntryDraft } from '../domain/entry.ts';
import type { UseId } from '../domain/ids.ts';
import { type UseOperation, useId } from '../domain/operation.ts';
import { prepareUse, recordedPath, type Target } from '../domain/prepare.ts';
import type { Clone } from './clone.ts';
import { findMade, noteMade } from './made.ts';

/** What is known of a use. `from` may be given; else it is looked up. */
export type UseFacts = Omit<UseOperation, 'kind' | 'attempt'>;

/** A use that is to be recorded. */
export type PlannedUse = { readonly id: UseId; readonly draft: EntryDraft; readonly use: UseFacts };

/** What a use records. */
export function planUse(clone: Clone, target: Target, facts: UseFacts): PlannedUse {
  const path = recordedPath(facts.path);
  const isLookedUp = facts.direction === 'input' && facts.from === undefined && typeof path === 'string';
  const from = isLookedUp ? findMade(clone, path, facts.digests) : undefined;
  const use = { ...facts, path, ...(from === undefined ? {} : { from }) };
  const id = useId(target.execution, { ...use, attempt: target.attempt });
  return { id, draft: prepareUse(target, use), use };
}

/** Remembers what was written where, once it is recorded: the next to read it can say where it came from. */
export function noteUses(clone: Clone, planned: readonly PlannedUse[]): void {
  for (const { id, use } of planned) {
    if (use.direction === 'output' && typeof use.path === 'string') noteMade(clone, use.path, id, use.digests);
  }
}
