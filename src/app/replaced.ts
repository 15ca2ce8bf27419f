/** Which values of other writers an assignment replaces: those that its author saw. Within one writer time decides. */
import type { Field } from '../domain/field.ts';
import type { EntryId } from '../domain/ids.ts';
import { seenValues } from '../domain/prepare.ts';
import type { Chosen } from './choose-execution.ts';
import type { Clone } from './clone.ts';

/** What a writer replaces that has seen nothing of others: the usual case, and that of every step of a training loop. */
const NONE: readonly EntryId[] = [];

/** What assignments to these fields of the execution replace. */
export function replacedFields(clone: Clone, { view }: Chosen, names: Iterable<string>): readonly EntryId[] {
  if (view === undefined) return NONE;
  return unique([...names].flatMap((name) => othersOf(clone, view.fields.get(name))));
}

/** What one point of each of these metrics replaces. */
export function replacedPoints(
  clone: Clone,
  { view, target }: Chosen,
  names: Iterable<string>,
  place: { readonly step: number | null; readonly rank: number },
): readonly EntryId[] {
  if (view === undefined) return NONE;
  const isSame = (point: { readonly attempt: string; readonly step: number | null; readonly rank: number }) =>
    point.attempt === target.attempt && point.step === place.step && point.rank === place.rank;
  return unique([...names].flatMap((name) => othersOf(clone, view.metrics.get(name)?.find(isSame)?.values)));
}

/** What an end of the chosen attempt replaces. */
export function replacedEnds(clone: Clone, { view, target }: Chosen): EntryId[] {
  return unique(othersOf(clone, view?.attempts.find(({ id }) => id === target.attempt)?.ends));
}

function othersOf(clone: Clone, field: Field<unknown> | undefined): EntryId[] {
  return field === undefined ? [] : seenValues(field, clone.writer);
}

function unique(ids: readonly EntryId[]): EntryId[] {
  return [...new Set(ids)];
}
