import type { JsonObject } from '../../../domain/canonical-json.ts';
import type { Status } from '../../../domain/execution-view.ts';
import type { Tally } from '../../../domain/summaries.ts';
import { timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import type { Style } from './style.ts';

const STATUSES: readonly Status[] = ['created', 'running', 'succeeded', 'failed', 'aborted'];

/** How a status is set off. */
export function statusPaint(status: Status, style: Style): (text: string) => string {
  switch (status) {
    case 'succeeded':
      return style.good;
    case 'failed':
      return style.bad;
    case 'running':
    case 'aborted':
      return style.doubtful;
    case 'created':
      return style.faint;
  }
}

/** The cells of a tally: how many, how many of each status, when the last one began. */
export function tallyCells({
  executions,
  byStatus,
  lastStartedMs,
}: Tally): readonly [executions: string, statuses: string, lastStarted: string] {
  const counts = STATUSES.flatMap((status) => (byStatus.has(status) ? [`${byStatus.get(status)} ${status}`] : []));
  return [String(executions), counts.join(', '), timeText(isoTime(lastStartedMs))];
}

/** The members of a tally; every status is there. */
export function tallyMembers({ executions, byStatus, lastStartedMs }: Tally): JsonObject {
  return {
    executions,
    statuses: Object.fromEntries(STATUSES.map((status) => [status, byStatus.get(status) ?? 0])),
    lastStarted: isoTime(lastStartedMs),
  };
}
