/** The records that this clone knows, as they were made: what `git cmf log` shows and `git cmf retract` names. */
import type { Said } from '../domain/entry.ts';
import { isGreater } from '../domain/field.ts';
import { findExecution } from '../domain/find.ts';
import type { EntryId, ExecutionId, PipelineId } from '../domain/ids.ts';
import { resolve } from '../domain/resolve.ts';
import { type View, viewOf } from '../domain/view.ts';
import type { Context } from './clone.ts';
import { readState } from './read-state.ts';

/** One record. */
export type LoggedRecord = {
  /** Its logical id: what retract, `over` and purges name. */
  readonly id: EntryId;
  readonly entry: Said;
  /** Its writer took it back. */
  readonly retracted: boolean;
};

/** One record with its stored bytes. */
export type StoredRecord = LoggedRecord & { readonly line: string };

export type RecordFilter = {
  /** An execution's id, or the beginning of one. */
  readonly execution?: string | undefined;
  readonly pipeline?: PipelineId | undefined;
};

/**
 * All records that fit, newest first: by clock, then writer, then id, so the order is the same in every clone.
 * @throws CmfError `not-found` or `ambiguous` for the execution
 */
export async function listRecords(
  context: Context,
  filter: RecordFilter,
): Promise<{ readonly records: readonly StoredRecord[]; readonly view: View }> {
  const lines = new Map<EntryId, string>();
  const { state } = await readState(context, lines);
  const view = viewOf(state);
  const isWanted = chooser(view, filter);
  const records: StoredRecord[] = [];
  for (const { id, entry, retracted } of resolve(state).statements.values()) {
    if (isWanted(entry)) records.push({ id, entry, retracted, line: lines.get(entry.id) ?? '' });
  }
  records.sort((a, b) => (isGreater(a.entry, b.entry) ? -1 : 1));
  return { records, view };
}

function chooser(view: View, { execution, pipeline }: RecordFilter): (entry: Said) => boolean {
  const wanted = execution === undefined ? undefined : findExecution(view, execution).id;
  return (entry) => {
    const subject = executionOf(entry);
    if (wanted !== undefined && subject !== wanted) return false;
    return pipeline === undefined || pipelineOf(view, entry, subject) === pipeline;
  };
}

function executionOf({ subject }: Said): ExecutionId | undefined {
  return subject?.kind === 'execution' ? subject.id : undefined;
}

/** By what the entry speaks of; its bucket says only where it lies. */
function pipelineOf(view: View, entry: Said, execution: ExecutionId | undefined): string {
  const known = execution === undefined ? undefined : view.executions.get(execution)?.pipeline;
  return known ?? (entry.subject?.kind === 'pipeline' ? entry.subject.id : entry.bucket);
}
