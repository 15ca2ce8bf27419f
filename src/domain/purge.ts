/**
 * What a purge keeps of an entry: no word of it, only what it did to others, so that nothing comes back that it had
 * replaced, removed or taken back.
 *
 * A purge names what an entry acted on by hashes, which let a reader who meets the same name recognise it and nobody read
 * it.
 */
import { sha256Hex } from './digest.ts';
import type { Said } from './entry.ts';
import type { AttemptId, EntryId, ExecutionId } from './ids.ts';
import type { Purge } from './join.ts';
import { type Operation, subjectKey, useId } from './operation.ts';

/** What a purge keeps of the name of a field: enough to recognise it, not to read it. */
export function fieldHash(subject: string, field: string): string {
  return sha256Hex(`git-cmf field 1\n${subject}\n${field}`).slice(0, 32);
}

/** In a purge: the entry was a retraction, and `over` lists what it took back. */
export const RETRACTION = fieldHash('', 'retract');

/** The field that says which stage an execution runs. */
export const IDENTITY_FIELD = 'identity';

/** The fields of an attempt. */
export const START_FIELD = 'start';
export const END_FIELD = 'end';
export const INFERRED_END_FIELD = 'inferred end';

/** The subject of the fields of an attempt. */
export function attemptSubject(execution: ExecutionId, attempt: AttemptId): string {
  return `attempt:${execution}/${attempt}`;
}

/** The field of a metric point: its value at one step, of one rank, in one attempt. */
export function pointField(attempt: AttemptId, rank: number, step: number | null, name: string): string {
  return `metric\n${attempt}\n${rank}\n${step}\n${name}`;
}

/** The removals of one tag; in a purge of one, `over` lists the adds that it undid. */
export function untagField(tag: string): string {
  return `untag\n${tag}`;
}

/**
 * The purge of one entry.
 * @param id its logical id
 */
export function purgeOf(id: EntryId, entry: Said): Purge {
  const { writer, hlc, was } = entry;
  const first = was !== undefined && was.id === id ? was.writer : writer;
  const fields = [...new Set(fieldsOf(entry))].sort();
  return { id, writer, hlc, first, over: actedOn(entry), fields };
}

function actedOn({ operation, over }: Said): readonly EntryId[] {
  if (operation.kind === 'retract') return [...new Set(operation.ids)].sort();
  if (operation.kind === 'tag.remove') return [...new Set(Object.values(operation.tags).flat())].sort();
  return over;
}

function fieldsOf({ subject, operation }: Said): string[] {
  if (operation.kind === 'retract') return [RETRACTION];
  if (subject === undefined) return [];
  const onSubject = fieldsOn(operation).map((field) => fieldHash(subjectKey(subject), field));
  return subject.kind === 'execution' ? [...onSubject, ...fieldsElsewhere(subject.id, operation)] : onSubject;
}

/** The fields of the subject itself. */
function fieldsOn(operation: Operation): string[] {
  switch (operation.kind) {
    case 'execution':
      return [IDENTITY_FIELD];
    case 'set':
      return Object.keys(operation.values);
    case 'tag.remove':
      return Object.keys(operation.tags).map(untagField);
    case 'metric': {
      const { attempt, rank, series } = operation;
      return Object.entries(series).flatMap(([name, { steps }]) =>
        steps.map((step) => pointField(attempt, rank, step, name)),
      );
    }
    case 'attempt.start':
    case 'attempt.end':
    case 'use':
    case 'tag.add':
    case 'code.rewritten':
    case 'retract':
    case 'unknown':
      return [];
  }
}

/** The fields of attempts and uses, which an entry about their execution assigns. */
function fieldsElsewhere(execution: ExecutionId, operation: Operation): string[] {
  if (operation.kind === 'attempt.start') return [fieldHash(attemptSubject(execution, operation.attempt), START_FIELD)];
  if (operation.kind === 'attempt.end') {
    return [
      fieldHash(attemptSubject(execution, operation.attempt), operation.inferred ? INFERRED_END_FIELD : END_FIELD),
    ];
  }
  if (operation.kind !== 'use') return [];
  const subject = subjectKey({ kind: 'use', id: useId(execution, operation) });
  return Object.keys(operation.values).map((field) => fieldHash(subject, field));
}
