import type { JsonObject } from '../../../domain/canonical-json.ts';
import { formatDigest } from '../../../domain/digest.ts';
import { fieldsWith, timeOf } from '../../../domain/execution-facts.ts';
import type { UseView } from '../../../domain/execution-view.ts';
import { conflictMembers, plainMembers, shownValues } from './field-members.ts';
import { isoTime } from './json-document.ts';

/** A use of an artifact as a part of a document. Digests as they were recorded. */
export function useMembers(use: UseView): JsonObject {
  const { operation, claim, fields } = use;
  return {
    use: use.id,
    execution: use.execution,
    attempt: operation.attempt,
    direction: operation.direction,
    path: operation.path,
    digests: operation.digests.map(formatDigest),
    seen: operation.seen,
    sizeBytes: operation.sizeBytes ?? null,
    files: operation.files ?? null,
    from: operation.from ?? null,
    pointer: operation.pointer ?? null,
    type: plainMembers(fields)['type'],
    name: plainMembers(fields)['name'],
    label: plainMembers(fields)['label'],
    props: shownValues(fieldsWith(fields, 'prop')),
    time: isoTime(timeOf(claim)),
    writer: claim.writer,
    conflicts: conflictMembers(fields),
  };
}
