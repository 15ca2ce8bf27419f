/** `git cmf list` of anything. */
import { abbreviate } from '../../../domain/abbreviate.ts';
import type { ExecutionView } from '../../../domain/execution-view.ts';
import type { FindSources } from '../../../domain/find.ts';
import type { ExecutionId } from '../../../domain/ids.ts';
import {
  summariseArtifacts,
  summariseMetrics,
  summarisePipelines,
  summariseStages,
} from '../../../domain/summaries.ts';
import type { View } from '../../../domain/view.ts';
import { ARTIFACTS } from './list-artifacts.ts';
import { executionListing } from './list-executions.ts';
import { metricListing } from './list-metrics.ts';
import { PIPELINES, STAGES } from './list-pipelines.ts';
import { type Output, renderListing } from './listing.ts';

/** What can be listed. */
export const LISTS = ['pipelines', 'stages', 'executions', 'artifacts', 'metrics'] as const;
export type ListName = (typeof LISTS)[number];

/** As many characters of an UUIDv7 as its time has. */
const ID_LENGTH_MIN = 13;

/** The beginning of each execution's id that is typed to find it. */
export function shortExecutionIds(view: View): ReadonlyMap<ExecutionId, string> {
  return abbreviate(view.executions.keys(), ID_LENGTH_MIN);
}

/**
 * A list of what belongs to the executions: executions newest first, artifacts by path, all else by name.
 * @param executions in the order of the view
 * @param output.countMax at most so many rows
 */
export function renderList(
  list: ListName,
  sources: FindSources,
  executions: readonly ExecutionView[],
  output: Output & { readonly countMax?: number | undefined },
): string {
  const { view, index } = sources;
  const cut = <Row>(rows: readonly Row[]) => rows.slice(0, output.countMax ?? rows.length);
  const newestFirst = executions.toReversed();
  switch (list) {
    case 'pipelines':
      return renderListing(PIPELINES, cut(summarisePipelines(view, executions)), output);
    case 'stages':
      return renderListing(STAGES, cut(summariseStages(view, executions)), output);
    case 'executions':
      return renderListing(executionListing(shortExecutionIds(view), output.style), cut(newestFirst), output);
    case 'artifacts':
      return renderListing(ARTIFACTS, cut(summariseArtifacts(index, executions)), output);
    case 'metrics':
      return renderListing(metricListing(shortExecutionIds(view)), cut(summariseMetrics(newestFirst)), output);
  }
}
