import type { ExecutionId } from '../../../domain/ids.ts';
import type { MetricSummary } from '../../../domain/summaries.ts';
import { displayValue } from '../../../domain/value.ts';
import { pointField } from './execution-members.ts';
import { conflictMember } from './field-members.ts';
import { fieldText } from './field-text.ts';
import { stageText } from './list-executions.ts';
import type { Listing } from './listing.ts';

/** `list metrics`; a row's key is the metric's name. */
export function metricListing(shortIds: ReadonlyMap<ExecutionId, string>): Listing<MetricSummary> {
  return {
    schema: 'git-cmf/metrics/1',
    columns: [
      { title: 'METRIC', mayShrink: true },
      { title: 'VALUE', align: 'right' },
      { title: 'STEP', align: 'right' },
      { title: 'POINTS', align: 'right' },
      { title: 'EXECUTION' },
      { title: 'STAGE', mayShrink: true },
    ],
    cellsOf: ({ name, last, points, execution }) => [
      name,
      fieldText(pointField(last), displayValue),
      String(last.step ?? ''),
      String(points),
      shortIds.get(execution.id) ?? execution.id,
      stageText(execution),
    ],
    itemOf: ({ name, last, points, execution }) => ({
      name,
      value: last.values[0]?.value.value ?? null,
      step: last.step,
      rank: last.rank,
      points,
      execution: execution.id,
      attempt: last.attempt,
      pipeline: execution.identity[0]?.value.pipeline ?? null,
      stage: execution.identity[0]?.value.stage ?? null,
      conflicts: conflictMember(`metric.${name}`, pointField(last), (value) => value),
    }),
    keyOf: ({ name }) => name,
  };
}
