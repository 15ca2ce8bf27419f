/**
 * The two digests by which clones see that they know the same.
 *
 * Both are SHA-256 over lines of canonical JSON in one order, streamed, so a view of any size costs the memory of a chunk.
 * Every member of a view is in some line; two views have one digest exactly if they are equal.
 */
import { encodeCanonical, type Json } from './canonical-json.ts';
import { compareDigests, formatDigest, sha256OfLines } from './digest.ts';
import type { AttemptView, ExecutionView, MetricPoint, UseView } from './execution-view.ts';
import type { Claim, Field } from './field.ts';
import type { JournalState } from './join.ts';
import type { UseOperation } from './operation.ts';
import { visibleEntries } from './resolve.ts';
import { FOLD_VERSION, type PipelineView, type View } from './view.ts';

/** SHA-256 over the ids of the entries that no purge hides and the ids of the purges. 64 hex digits. */
export function entriesDigest(state: JournalState): string {
  const ids = Array.from(visibleEntries(state), ({ id }) => id).sort();
  const purges = [...state.purges.keys()].sort();
  return sha256OfLines(['git-cmf entries 1', ...ids, 'purged', ...purges]);
}

/** SHA-256 over all that a view says and the version of the fold. 64 hex digits. */
export function viewDigest(view: View): string {
  return sha256OfLines(viewLines(view));
}

/** A view as lines of canonical JSON; equal views give equal lines. */
export function* viewLines(view: View): Generator<string> {
  for (const row of rowsOfView(view)) yield encodeCanonical(row);
}

type Rows = Generator<readonly Json[]>;

function* rowsOfView(view: View): Rows {
  yield ['git-cmf view', FOLD_VERSION];
  for (const pipeline of view.pipelines) yield* rowsOfPipeline(pipeline);
  for (const execution of view.executions.values()) yield* rowsOfExecution(execution);
  // Fields and tags of every subject; those of pipelines, executions and uses are the same ones.
  for (const subject of view.subjects) {
    for (const [name, field] of view.fieldsOf(subject)) yield* rowsOfField(['field', subject, name], field, same);
    yield ['tags', subject, view.tagsOf(subject)];
  }
  for (const [from, to] of view.rewrites) yield ['rewritten', from, to];
  for (const subject of view.needsNewer) yield ['needs newer', subject];
  for (const [kind, count] of view.unknownKinds) yield ['unknown', kind, count];
}

function* rowsOfPipeline({ id, namespace, name, stages }: PipelineView): Rows {
  yield ['pipeline', id, namespace, name];
  for (const stage of stages) yield ['stage', id, stage.id, stage.name];
}

function* rowsOfExecution(execution: ExecutionView): Rows {
  const { id, pipeline, stage, status, latest, firstHlc, needsNewer } = execution;
  yield ['execution', id, pipeline ?? null, stage ?? null, status, latest?.id ?? null, firstHlc, needsNewer];
  yield* rowsOfField(['identity', id], execution.identity, same);
  for (const attempt of execution.attempts) yield* rowsOfAttempt(id, attempt);
  for (const [name, points] of execution.metrics) for (const point of points) yield* rowsOfPoint(id, name, point);
  for (const use of execution.uses) yield* rowsOfUse(use);
}

function* rowsOfAttempt(execution: string, attempt: AttemptView): Rows {
  const { id, status, starts, ends } = attempt;
  yield ['attempt', execution, id, status];
  yield* rowsOfField(['start', execution, id], starts, ({ saw, facts }) => [saw, facts]);
  yield* rowsOfField(['end', execution, id], ends, same);
}

function* rowsOfPoint(execution: string, name: string, { attempt, step, rank, values }: MetricPoint): Rows {
  const point = ['metric', execution, name, attempt, step, rank];
  yield* rowsOfField(point, values, ({ value, atMs }) => [value, atMs ?? null]);
}

function* rowsOfUse({ id, execution, operation, claim }: UseView): Rows {
  yield ['use', execution, id, useJson(operation)];
  yield* rowsOfField(['use first', execution, id], [claim], useJson);
}

function useJson(use: UseOperation): Json {
  return { ...use, digests: [...use.digests].sort(compareDigests).map(formatDigest) };
}

/** The claims of a field, the shown one first. */
function* rowsOfField<Value>(key: readonly Json[], field: Field<Value>, jsonOf: (value: Value) => Json): Rows {
  for (const claim of field) yield [...key, ...rowOfClaim(claim), jsonOf(claim.value)];
}

function rowOfClaim({ id, writer, hlc, atMs }: Claim<unknown>): readonly Json[] {
  return [id, writer, hlc, atMs ?? null];
}

function same<Value extends Json>(value: Value): Value {
  return value;
}
