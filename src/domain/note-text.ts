/**
 * The text of notes: for each code commit, the executions that ran on it. A pure function of the view.
 */

import { formatDigest, isStrongKind } from './digest.ts';
import { codeOf, lastPoint } from './execution-facts.ts';
import type { ExecutionView, MetricPoint, UseView } from './execution-view.ts';
import type { StoredPath } from './operation.ts';
import { displayValue } from './value.ts';
import type { View } from './view.ts';

/** The first line of every note that git cmf writes; a note that does not begin so is somebody else's. */
export const NOTE_MARKER = 'git-cmf executions (format 1)';

const EXECUTIONS_MAX = 200;
const ITEMS_MAX = 50;
const VALUE_LENGTH_MAX = 200;

/** Notes by commit (`<object format>:<hex>`). An execution is noted under the commit of each of its attempts. */
export function noteTexts(view: View): ReadonlyMap<string, string> {
  const byCommit = new Map<string, ExecutionView[]>();
  for (const execution of view.executions.values()) {
    for (const commit of new Set(execution.attempts.map((attempt) => codeOf(attempt).commit))) {
      if (commit === undefined) continue;
      const list = byCommit.get(commit);
      if (list === undefined) byCommit.set(commit, [execution]);
      else list.push(execution);
    }
  }
  return new Map([...byCommit].map(([commit, executions]) => [commit, noteText(executions)]));
}

function noteText(executions: readonly ExecutionView[]): string {
  const shown = executions.slice(-EXECUTIONS_MAX);
  const lines = [NOTE_MARKER];
  if (shown.length < executions.length) lines.push(`(${executions.length - shown.length} older ones left out)`);
  for (const execution of shown) lines.push('', ...executionLines(execution));
  return `${lines.join('\n')}\n`;
}

function executionLines(execution: ExecutionView): string[] {
  const { pipeline, stage } = execution.identity[0]?.value ?? { pipeline: 'unknown', stage: 'unknown' };
  const lines = [`${plain(pipeline)}/${plain(stage)}  ${execution.status}  ${execution.id}`];
  const params = [...execution.fields].filter(([field]) => field.startsWith('param.'));
  lines.push(
    ...bounded(params.map(([field, [claim]]) => `  param ${plain(field.slice(6))} = ${value(claim?.value ?? null)}`)),
  );
  const metrics = [...execution.metrics.keys()].map((name) => metricLine(name, lastPoint(execution, name)));
  lines.push(...bounded(metrics.filter((line) => line !== undefined)));
  lines.push(...bounded(execution.uses.map(useLine)));
  return lines;
}

function metricLine(name: string, point: MetricPoint | undefined): string | undefined {
  const shown = point?.values[0]?.value.value;
  if (point === undefined || shown === undefined) return undefined;
  return `  metric ${plain(name)} = ${value(shown)}${point.step === null ? '' : ` (step ${point.step})`}`;
}

function useLine({ operation }: UseView): string {
  const digest = operation.digests.find((one) => isStrongKind(one.kind)) ?? operation.digests[0];
  const shown = digest === undefined ? '' : `  ${plain(formatDigest(digest)).slice(0, 24)}`;
  return `  ${operation.direction} ${plain(pathText(operation.path))}${shown}`;
}

function pathText(path: StoredPath): string {
  return typeof path === 'string' ? path : `base64:${path.$bytes}`;
}

function value(stored: Parameters<typeof displayValue>[0]): string {
  return plain(displayValue(stored));
}

/** One line of bounded length without control characters. */
function plain(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu, (character) =>
    character === '\u200d' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return line.length <= VALUE_LENGTH_MAX ? line : `${line.slice(0, VALUE_LENGTH_MAX)}…`;
}

function bounded(lines: readonly string[]): readonly string[] {
  return lines.length <= ITEMS_MAX ? lines : [...lines.slice(0, ITEMS_MAX), `  … and ${lines.length - ITEMS_MAX} more`];
}
