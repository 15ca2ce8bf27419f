import { codeOf, fieldsWith, startedMs } from '../../../domain/execution-facts.ts';
import type { ExecutionView } from '../../../domain/execution-view.ts';
import type { ExecutionId } from '../../../domain/ids.ts';
import { executionMembers, lastMetrics } from './execution-members.ts';
import { commitText, fieldText, pairsText, timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import type { Listing } from './listing.ts';
import type { Style } from './style.ts';
import { statusPaint } from './tally-text.ts';

/** `list executions`; a row's key is the whole id. */
export function executionListing(shortIds: ReadonlyMap<ExecutionId, string>, style: Style): Listing<ExecutionView> {
  return {
    schema: 'git-cmf/executions/1',
    columns: [
      { title: 'ID' },
      { title: 'STATUS' },
      { title: 'STAGE', mayShrink: true },
      { title: 'STARTED' },
      { title: 'CODE' },
      { title: 'PARAMS', mayShrink: true },
      { title: 'METRICS', mayShrink: true },
    ],
    cellsOf: (execution) => [
      shortIds.get(execution.id) ?? execution.id,
      { text: statusText(execution), paint: statusPaint(execution.status, style) },
      stageText(execution),
      timeText(isoTime(startedMs(execution))),
      codeText(execution),
      pairsText(fieldsWith(execution.fields, 'param')),
      pairsText(lastMetrics(execution)),
    ],
    itemOf: executionMembers,
    keyOf: ({ id }) => id,
  };
}

/** `succeeded`, with other ends that were stated, and whether a newer version said more. */
export function statusText({ status, latest, needsNewer }: ExecutionView): string {
  const ends = latest?.ends ?? [];
  const text = ends.length > 1 ? fieldText(ends, (end) => end.status) : status;
  return needsNewer ? `${text} (needs a newer git cmf)` : text;
}

/** `pipeline/stage`, with what else was claimed; `?` where nobody said or it was not fetched. */
export function stageText({ identity }: ExecutionView): string {
  return identity.length === 0 ? '?' : fieldText(identity, ({ pipeline, stage }) => `${pipeline}/${stage}`);
}

function codeText({ latest }: ExecutionView): string {
  const { commit, isDirty } = codeOf(latest);
  return commitText(commit, isDirty);
}
