/** Small pieces of which the laws about one field, one attempt or one tag make their stories. */
import { type Hlc, hlcAt } from '../../../src/domain/clock.ts';
import type { EntryDraft } from '../../../src/domain/entry.ts';
import type { Field } from '../../../src/domain/field.ts';
import type { EntryId } from '../../../src/domain/ids.ts';
import type { JournalState } from '../../../src/domain/join.ts';
import { type Subject, subjectKey } from '../../../src/domain/operation.ts';
import type { StoredValue } from '../../../src/domain/value.ts';
import { viewOf } from '../../../src/domain/view.ts';
import { EXECUTIONS } from './random-draft.ts';

/** The execution of which most stories tell. */
export const SUBJECT: Subject = { kind: 'execution', id: EXECUTIONS[0] };

/** A clock that reads so many milliseconds after noon. */
export function noon(ms: number): Hlc {
  return hlcAt(1_750_000_000_000 + ms);
}

/** Gives the title a value. */
export function title(value: StoredValue, over: readonly EntryId[] = []): EntryDraft {
  return { bucket: '_', subject: SUBJECT, operation: { kind: 'set', values: { title: value } }, over };
}

/** Takes entries back. */
export function retract(...ids: readonly EntryId[]): EntryDraft {
  return { bucket: '_', operation: { kind: 'retract', ids } };
}

/** The current values of the title. */
export function titlesOf(state: JournalState): Field<StoredValue> {
  return viewOf(state).fieldsOf(subjectKey(SUBJECT)).get('title') ?? [];
}
