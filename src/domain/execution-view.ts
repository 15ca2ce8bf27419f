/**
 * Second half of the fold, for one execution: attempts, status, metrics, uses.
 */
import type { Hlc } from './clock.ts';
import type { End, ExecutionParts, Identity, PointGroup, Start } from './collect.ts';
import { type Assignment, type Claim, currentValues, type Field, fieldHash, isGreater } from './field.ts';
import {
  type AttemptId,
  type ExecutionId,
  type PipelineId,
  pipelineId,
  type StageId,
  stageId,
  type UseId,
} from './ids.ts';
import type { Purge } from './join.ts';
import { type AttemptFacts, subjectKey, type UseOperation } from './operation.ts';
import type { Resolution } from './resolve.ts';
import type { StoredValue } from './value.ts';

export type Status = 'created' | 'running' | 'succeeded' | 'failed' | 'aborted';

export type AttemptView = {
  readonly id: AttemptId;
  readonly saw: readonly AttemptId[];
  readonly facts: AttemptFacts;
  readonly status: Status;
  /** The ends that were stated and not replaced; several are a conflict. */
  readonly ends: Field<End>;
  /** Milliseconds since the epoch: the claimed time, else the clock of the entry. Undefined when not said. */
  readonly started: Claim<Start> | undefined;
};

export type MetricPoint = {
  readonly attempt: AttemptId;
  readonly step: number | null;
  readonly rank: number;
  readonly values: Field<{ readonly value: StoredValue; readonly atMs: number | undefined }>;
};

export type UseView = {
  readonly id: UseId;
  readonly execution: ExecutionId;
  readonly operation: UseOperation;
  /** When it was first said. */
  readonly claim: Claim<UseOperation>;
  readonly fields: ReadonlyMap<string, Field<StoredValue>>;
};

export type ExecutionView = {
  readonly id: ExecutionId;
  readonly identity: Field<Identity>;
  readonly pipeline: PipelineId | undefined;
  readonly stage: StageId | undefined;
  /** Oldest first. */
  readonly attempts: readonly AttemptView[];
  /** The attempt that no other names; its status is the execution's. */
  readonly latest: AttemptView | undefined;
  readonly status: Status;
  /** By metric name; points by attempt, rank and step. */
  readonly metrics: ReadonlyMap<string, readonly MetricPoint[]>;
  readonly uses: readonly UseView[];
  readonly fields: ReadonlyMap<string, Field<StoredValue>>;
  readonly tags: readonly string[];
  readonly firstHlc: Hlc;
  /** A newer version said something of it that this one does not understand. */
  readonly needsNewer: boolean;
};

/** What the fold of one execution needs to know of everything else. */
export type FoldContext = {
  readonly resolution: Resolution;
  /** Purges that took away a value of the field with that hash. */
  readonly purgesOf: (subject: string, field: string) => readonly Purge[];
  readonly fieldsOf: (subject: string) => ReadonlyMap<string, Field<StoredValue>>;
  readonly tagsOf: (subject: string) => readonly string[];
  readonly needsNewer: (subject: string) => boolean;
};

/** Folds the parts of one execution; undefined when all that was said of it has been taken back. */
export function foldExecution(id: ExecutionId, parts: ExecutionParts, context: FoldContext): ExecutionView | undefined {
  const subject = subjectKey({ kind: 'execution', id });
  const identity = currentValues(parts.identities, context.resolution, context.purgesOf(subject, 'identity'));
  const attempts = foldAttempts(id, parts, context);
  const metrics = foldMetrics(subject, parts, context);
  const uses = foldUses(id, parts, context);
  const fields = context.fieldsOf(subject);
  const needsNewer = context.needsNewer(subject);
  const latest = latestAttempt(attempts);
  const isEmpty = identity.length + attempts.length + uses.length + metrics.size + fields.size === 0;
  if (isEmpty && !needsNewer) return undefined;
  const shown = identity[0]?.value;
  const pipeline = shown && pipelineId(shown.namespace, shown.pipeline);
  return {
    id,
    identity,
    pipeline,
    stage: shown && pipeline && stageId(shown.namespace, pipeline, shown.stage),
    attempts,
    latest,
    status: latest?.status ?? 'created',
    metrics,
    uses,
    fields,
    tags: context.tagsOf(subject),
    firstHlc: parts.firstHlc,
    needsNewer,
  };
}

function foldAttempts(id: ExecutionId, parts: ExecutionParts, context: FoldContext): AttemptView[] {
  const attempts: AttemptView[] = [];
  for (const attempt of new Set([...parts.starts.keys(), ...parts.ends.keys()])) {
    const subject = `attempt:${id}/${attempt}`;
    const starts = currentValues(
      parts.starts.get(attempt) ?? [],
      context.resolution,
      context.purgesOf(subject, 'start'),
    );
    const ends = foldEnds(parts.ends.get(attempt) ?? [], subject, context);
    const started = starts[0];
    if (started === undefined && ends.length === 0) continue;
    const status = ends[0]?.value.status ?? 'running';
    const { saw, facts } = started?.value ?? { saw: [], facts: {} };
    attempts.push({ id: attempt, saw, facts, status, ends, started });
  }
  return attempts.sort((a, b) => (isLaterAttempt(a, b) ? 1 : -1));
}

/** Stated ends by the rule of mutable fields; only where there is none does an inferred one count. */
function foldEnds(ends: readonly Assignment<End>[], subject: string, context: FoldContext): Field<End> {
  const purged = context.purgesOf(subject, 'end');
  const stated = currentValues(
    ends.filter((end) => !end.value.inferred),
    context.resolution,
    purged,
  );
  return stated.length > 0 ? stated : currentValues(ends, context.resolution, purged);
}

/** The order of attempts: (HLC, writer, id) of what started them, those that only ended first. */
function isLaterAttempt(a: AttemptView, b: AttemptView): boolean {
  const left = a.started ?? a.ends[0];
  const right = b.started ?? b.ends[0];
  if (left === undefined || right === undefined || left.id === right.id) return a.id > b.id;
  return isGreater(left, right);
}

/** The attempt that no other one names; of several, the last in order. */
function latestAttempt(attempts: readonly AttemptView[]): AttemptView | undefined {
  const named = new Set(attempts.flatMap((attempt) => attempt.saw.filter((id) => id !== attempt.id)));
  return attempts.findLast((attempt) => !named.has(attempt.id)) ?? attempts.at(-1);
}

function foldMetrics(
  subject: string,
  parts: ExecutionParts,
  context: FoldContext,
): ReadonlyMap<string, readonly MetricPoint[]> {
  const metrics = new Map<string, MetricPoint[]>();
  for (const { key, assignments } of parts.points.values()) {
    const values = currentValues(assignments, context.resolution, context.purgesOf(subject, pointField(key)));
    if (values.length === 0) continue;
    const points = metrics.get(key.name) ?? [];
    metrics.set(key.name, points);
    points.push({ attempt: key.attempt, step: key.step, rank: key.rank, values });
  }
  for (const points of metrics.values()) points.sort(comparePoints);
  return new Map([...metrics].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The field name of a metric point, as a purge knows it. */
export function pointField(key: PointGroup['key']): string {
  return `metric\n${key.attempt}\n${key.rank}\n${key.step}\n${key.name}`;
}

function comparePoints(a: MetricPoint, b: MetricPoint): number {
  if (a.attempt !== b.attempt) return a.attempt < b.attempt ? -1 : 1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return (a.step ?? Number.POSITIVE_INFINITY) < (b.step ?? Number.POSITIVE_INFINITY) ? -1 : 1;
}

function foldUses(execution: ExecutionId, parts: ExecutionParts, context: FoldContext): UseView[] {
  const uses: UseView[] = [];
  for (const [id, assignments] of parts.uses) {
    const live = assignments.filter(({ statement }) => !statement.retracted);
    const claims = live.map(({ statement, value }) => claimOf({ statement, value }));
    const claim = claims.reduce<Claim<UseOperation> | undefined>(
      (first, one) => (first === undefined || isGreater(first, one) ? one : first),
      undefined,
    );
    if (claim === undefined) continue;
    uses.push({
      id,
      execution,
      operation: claim.value,
      claim,
      fields: context.fieldsOf(subjectKey({ kind: 'use', id })),
    });
  }
  return uses.sort((a, b) => (isGreater(a.claim, b.claim) ? 1 : -1));
}

function claimOf<Value>({ statement, value }: Assignment<Value>): Claim<Value> {
  const { writer, hlc, atMs } = statement.entry;
  return { id: statement.id, writer, hlc, atMs, value };
}

/** Hash by which a purge names a field of an execution; see Purge. */
export function executionFieldHash(id: ExecutionId, field: string): string {
  return fieldHash(subjectKey({ kind: 'execution', id }), field);
}
