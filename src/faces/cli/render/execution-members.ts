import type { JsonObject } from '../../../domain/canonical-json.ts';
import { codeOf, endedMs, fieldsWith, lastPoint, startedMs } from '../../../domain/execution-facts.ts';
import type { ExecutionView, MetricPoint } from '../../../domain/execution-view.ts';
import type { Field } from '../../../domain/field.ts';
import type { StoredValue } from '../../../domain/value.ts';
import { conflictMember, conflictMembers, plainMembers, shownValues } from './field-members.ts';
import { isoTime } from './json-document.ts';

/** The last value of each metric of an execution, by name. */
export function lastMetrics(execution: ExecutionView): ReadonlyMap<string, Field<StoredValue>> {
  const last = [...execution.metrics.keys()].map((name) => [name, pointField(lastPoint(execution, name))] as const);
  return new Map(last);
}

/** The values of a point as a field of values. */
export function pointField(point: MetricPoint | undefined): Field<StoredValue> {
  return (point?.values ?? []).map((claim) => ({ ...claim, value: claim.value.value }));
}

/** An execution as an item of a list, and the first part of its own document. */
export function executionMembers(execution: ExecutionView): JsonObject {
  const { identity, fields, uses, latest } = execution;
  const { pipeline = null, stage = null, namespace = null } = identity[0]?.value ?? {};
  const { repository, commit, branch, isDirty } = codeOf(latest);
  const metrics = lastMetrics(execution);
  return {
    id: execution.id,
    status: execution.status,
    pipeline,
    stage,
    namespace,
    pipelineId: execution.pipeline ?? null,
    stageId: execution.stage ?? null,
    started: isoTime(startedMs(execution)),
    ended: isoTime(endedMs(execution)),
    attempts: execution.attempts.length,
    repository: repository ?? null,
    commit: commit ?? null,
    branch: branch ?? null,
    dirty: isDirty ?? null,
    ...plainMembers(fields),
    tags: execution.tags,
    params: shownValues(fieldsWith(fields, 'param')),
    props: shownValues(fieldsWith(fields, 'prop')),
    metrics: shownValues(metrics),
    inputs: uses.filter(({ operation }) => operation.direction === 'input').length,
    outputs: uses.filter(({ operation }) => operation.direction === 'output').length,
    conflicts: [
      ...conflictMember('identity', identity, (value) => ({ ...value })),
      ...conflictMember('status', latest?.ends ?? [], ({ status }) => status),
      ...conflictMembers(fields),
      ...conflictMembers(new Map([...metrics].map(([name, field]) => [`metric.${name}`, field]))),
    ],
    needsNewer: execution.needsNewer,
  };
}
