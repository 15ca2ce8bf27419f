/**
 * What one wants to know of an execution at a glance: the last value of a metric, its parameters, its code.
 *
 * Facts of an attempt come from whoever wrote the entry, and only their outermost shape was checked when it was read; so
 * each is checked here, where it is used.
 */
import { hlcMs } from './clock.ts';
import type { AttemptView, ExecutionView, MetricPoint } from './execution-view.ts';
import type { Claim, Field } from './field.ts';
import { isCommitId } from './ids.ts';
import type { StoredValue } from './value.ts';

/** The code that an attempt ran on, as far as it was said. */
export type CodeFacts = {
  readonly repository: string | undefined;
  /** `<object format>:<hex>` */
  readonly commit: string | undefined;
  readonly branch: string | undefined;
  readonly isDirty: boolean | undefined;
};

/** The code of an attempt; members of a wrong shape are undefined. */
export function codeOf(attempt: Pick<AttemptView, 'facts'> | undefined): CodeFacts {
  const code: unknown = attempt?.facts.code;
  const facts = (typeof code === 'object' && code !== null ? code : {}) as Readonly<Record<string, unknown>>;
  const { repository, commit, branch, dirty } = facts;
  return {
    repository: textOrNone(repository),
    commit: isCommitId(commit) ? commit : undefined,
    branch: textOrNone(branch),
    isDirty: typeof dirty === 'boolean' ? dirty : undefined,
  };
}

/** The command of an attempt; undefined when it was not said or is no list of texts. */
export function commandOf(attempt: AttemptView | undefined): readonly string[] | undefined {
  const command: unknown = attempt?.facts.command;
  if (!Array.isArray(command) || !command.every((word) => typeof word === 'string')) return undefined;
  return command;
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * The last point of a metric: of the latest attempt that has one, the highest step, and of several ranks the lowest. A
 * point without a step comes after all steps: it is what a program says at its end.
 */
export function lastPoint(execution: ExecutionView, metric: string): MetricPoint | undefined {
  const points = execution.metrics.get(metric) ?? [];
  const place = new Map(execution.attempts.map(({ id }, i) => [id, i]));
  if (execution.latest !== undefined) place.set(execution.latest.id, execution.attempts.length);
  const placeOf = (point: MetricPoint) => place.get(point.attempt) ?? -1;
  return points.reduce<MetricPoint | undefined>((last, point) => {
    if (last === undefined || placeOf(point) > placeOf(last)) return point;
    if (placeOf(point) < placeOf(last)) return last;
    if (stepOf(point) !== stepOf(last)) return stepOf(point) > stepOf(last) ? point : last;
    return point.rank < last.rank ? point : last;
  }, undefined);
}

function stepOf({ step }: MetricPoint): number {
  return step ?? Number.POSITIVE_INFINITY;
}

/** The shown value of the last point of a metric. */
export function lastValue(execution: ExecutionView, metric: string): StoredValue | undefined {
  return lastPoint(execution, metric)?.values[0]?.value.value;
}

/** Fields whose name begins with `<prefix>.`, by the rest of their name: `param`, `prop`. */
export function fieldsWith(
  fields: ReadonlyMap<string, Field<StoredValue>>,
  prefix: 'param' | 'prop',
): ReadonlyMap<string, Field<StoredValue>> {
  const found = [...fields].filter(([name]) => name.startsWith(`${prefix}.`));
  return new Map(found.map(([name, field]) => [name.slice(prefix.length + 1), field]));
}

/** When somebody says it happened, else when it was recorded; milliseconds since the epoch. */
export function timeOf(claim: Pick<Claim<unknown>, 'atMs' | 'hlc'>): number {
  return claim.atMs ?? hlcMs(claim.hlc);
}

/** When the execution began: the start of its first attempt, else the first word about it. */
export function startedMs(execution: ExecutionView): number {
  const first = execution.attempts.find(({ started }) => started !== undefined)?.started;
  return first === undefined ? hlcMs(execution.firstHlc) : timeOf(first);
}

/** When its latest attempt ended; undefined while nobody said that it did. */
export function endedMs(execution: ExecutionView): number | undefined {
  const end = execution.latest?.ends[0];
  return end === undefined ? undefined : timeOf(end);
}
