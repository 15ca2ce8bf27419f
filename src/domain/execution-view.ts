/**
 * Second half of the fold, for one execution: attempts, status, metrics, uses.
 */
import type { Hlc } from './clock.ts';
import type { End, ExecutionParts, Identity, Start } from './collect.ts';
import { type Assignment, type Claim, currentValues, type Field, isGreater, toClaim } from './field.ts';
import type { AttemptId, ExecutionId, PipelineId, StageId, UseId } from './ids.ts';
import type { Purge } from './join.ts';
import { type AttemptFacts, subjectKey, type UseOperation } from './operation.ts';
import { attemptSubject, END_FIELD, IDENTITY_FIELD, INFERRED_END_FIELD, pointField, START_FIELD } from './purge.ts';
import type { Resolution } from './resolve.ts';
import type { StoredValue } from './value.ts';

export type Status = 'created' | 'running' | 'succeeded' | 'failed' | 'aborted';

export type AttemptView = {
  readonly id: AttemptId;
  readonly saw: readonly AttemptId[];
  readonly facts: AttemptFacts;
  readonly status: Status;
  /** The ends that were stated and not replaced, or else those that were inferred; several are a conflict. */
  readonly ends: Field<End>;
  /** All that was said of its start and not replaced; several are a conflict. */
  readonly starts: Field<Start>;
  /** The shown one of them; undefined when only its end is known. */
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
  /** All that was said of it, united; where two differ, what the later one says. */
  readonly operation: UseOperation;
  /** How it was said first. */
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
  readonly idsOf: (identity: Identity) => StageIds;
};

/** The ids of a stage and of its pipeline. */
export type StageIds = { readonly pipeline: PipelineId; readonly stage: StageId };

/** Folds the parts of one execution; undefined when all that was said of it has been taken back. */
export function foldExecution(id: ExecutionId, parts: ExecutionParts, context: FoldContext): ExecutionView | undefined {
  const subject = subjectKey({ kind: 'execution', id });
  const identity = currentValues(parts.identities, context.resolution, context.purgesOf(subject, IDENTITY_FIELD));
  const attempts = foldAttempts(id, parts, context);
  const metrics = foldMetrics(subject, parts, context);
  const uses = foldUses(id, parts, context);
  const fields = context.fieldsOf(subject);
  const needsNewer = context.needsNewer(subject);
  const tags = context.tagsOf(subject);
  const latest = latestAttempt(attempts);
  const isEmpty = identity.length + attempts.length + uses.length + metrics.size + fields.size + tags.length === 0;
  if (isEmpty && !needsNewer) return undefined;
  const shown = identity[0] && context.idsOf(identity[0].value);
  return {
    id,
    identity,
    pipeline: shown?.pipeline,
    stage: shown?.stage,
    attempts,
    latest,
    status: latest?.status ?? 'created',
    metrics,
    uses,
    fields,
    tags,
    firstHlc: parts.firstHlc,
    needsNewer,
  };
}

function foldAttempts(id: ExecutionId, parts: ExecutionParts, context: FoldContext): AttemptView[] {
  const attempts: AttemptView[] = [];
  for (const attempt of new Set([...parts.starts.keys(), ...parts.ends.keys()])) {
    const subject = attemptSubject(id, attempt);
    const starts = currentValues(
      parts.starts.get(attempt) ?? [],
      context.resolution,
      context.purgesOf(subject, START_FIELD),
    );
    const ends = foldEnds(parts.ends.get(attempt) ?? [], subject, context);
    const started = starts[0];
    if (started === undefined && ends.length === 0) continue;
    const status = ends[0]?.value.status ?? 'running';
    const { saw, facts } = started?.value ?? { saw: [], facts: {} };
    attempts.push({ id: attempt, saw, facts, status, ends, starts, started });
  }
  return attempts.sort((a, b) => (isLaterAttempt(a, b) ? 1 : -1));
}

/**
 * Stated ends by the rule of mutable fields; only where there is none does an inferred one count. Among stated ends an
 * inferred one is like a retracted value: it hides none, and covering passes through it.
 */
function foldEnds(ends: readonly Assignment<End>[], subject: string, context: FoldContext): Field<End> {
  const { resolution } = context;
  const inferredPurges = context.purgesOf(subject, INFERRED_END_FIELD);
  const purges = [...context.purgesOf(subject, END_FIELD), ...inferredPurges];
  const stated = currentValues(
    ends.map((end) => (end.value.inferred ? { ...end, statement: { ...end.statement, retracted: true } } : end)),
    withRetracted(resolution, inferredPurges),
    purges,
  );
  return stated.length > 0 ? stated : currentValues(ends, resolution, purges);
}

function withRetracted(resolution: Resolution, purges: readonly Purge[]): Resolution {
  if (purges.length === 0) return resolution;
  return { ...resolution, retractedPurges: new Set([...resolution.retractedPurges, ...purges.map(({ id }) => id)]) };
}

/** The order of attempts: (HLC, writer, id) of what started them, or of their end where no start is known. */
function isLaterAttempt(a: AttemptView, b: AttemptView): boolean {
  const left = a.started ?? a.ends[0];
  const right = b.started ?? b.ends[0];
  if (left === undefined || right === undefined || left.id === right.id) return a.id > b.id;
  return isGreater(left, right);
}

/** The attempt that no other one names; of several, the last in order. Where all are named, so is the last of all. */
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
  const { resolution } = context;
  for (const [attempt, groups] of parts.points) {
    for (const { name, step, rank, assignments } of groups.values()) {
      const purged =
        resolution.purges.size === 0 ? [] : context.purgesOf(subject, pointField(attempt, rank, step, name));
      const values = currentValues(assignments, resolution, purged);
      if (values.length === 0) continue;
      const points = metrics.get(name);
      if (points === undefined) metrics.set(name, [{ attempt, step, rank, values }]);
      else points.push({ attempt, step, rank, values });
    }
  }
  for (const points of metrics.values()) points.sort(comparePoints);
  return new Map([...metrics].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function comparePoints(a: MetricPoint, b: MetricPoint): number {
  if (a.attempt !== b.attempt) return a.attempt < b.attempt ? -1 : 1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return (a.step ?? Number.POSITIVE_INFINITY) < (b.step ?? Number.POSITIVE_INFINITY) ? -1 : 1;
}

function foldUses(execution: ExecutionId, parts: ExecutionParts, context: FoldContext): UseView[] {
  const uses: UseView[] = [];
  for (const [id, assignments] of parts.uses) {
    const live = assignments.filter(({ statement }) => !statement.retracted).map(toClaim);
    const [claim, ...later] = live.sort((a, b) => (isGreater(a, b) ? 1 : -1));
    if (claim === undefined) continue;
    const operation = later.reduce((united, { value }) => uniteUses(united, value), claim.value);
    uses.push({ id, execution, operation, claim, fields: context.fieldsOf(subjectKey({ kind: 'use', id })) });
  }
  return uses.sort((a, b) => (isGreater(a.claim, b.claim) ? 1 : -1));
}

/** Of one use: who logs it again to add the size or the producer does not take back what was known. */
function uniteUses(earlier: UseOperation, later: UseOperation): UseOperation {
  return {
    ...earlier,
    ...later,
    seen: earlier.seen || later.seen,
    values: { ...earlier.values, ...later.values },
  };
}
