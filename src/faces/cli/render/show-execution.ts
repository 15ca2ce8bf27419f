/** One execution in full. */
import type { Json, JsonObject } from '../../../domain/canonical-json.ts';
import {
  codeOf,
  commandOf,
  endedMs,
  fieldsWith,
  lastPoint,
  startedMs,
  timeOf,
} from '../../../domain/execution-facts.ts';
import type { AttemptView, ExecutionView, MetricPoint } from '../../../domain/execution-view.ts';
import type { Direction } from '../../../domain/operation.ts';
import { displayValue } from '../../../domain/value.ts';
import { executionMembers, pointField } from './execution-members.ts';
import { conflictMember } from './field-members.ts';
import { commitText, fieldText, timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import { stageText, statusText } from './list-executions.ts';
import { factLines, inner, section } from './sections.ts';
import { type Place, renderTable } from './table.ts';
import { statusPaint } from './tally-text.ts';
import { useMembers } from './use-members.ts';
import { useTable } from './use-table.ts';

/** The execution as a text: what, when, on which code; parameters, metrics, inputs, outputs. */
export function executionText(execution: ExecutionView, place: Place): string {
  const { fields, identity, latest, attempts } = execution;
  const { style } = place;
  const plain = ['title', 'label', 'name', 'type'].map(
    (name) => [name, fieldText(fields.get(name) ?? [], displayValue)] as const,
  );
  const facts = factLines(
    [
      ['execution', execution.id],
      ['stage', stageText(execution)],
      ['namespace', identity[0]?.value.namespace ?? ''],
      ['status', `${statusText(execution)}${endDetail(latest)}`, statusPaint(execution.status, style)],
      ['started', timeText(isoTime(startedMs(execution)))],
      ['ended', timeText(isoTime(endedMs(execution)))],
      ['code', codeText(latest)],
      ['command', (commandOf(latest) ?? []).map(quoteWord).join(' ')],
      ['attempts', attempts.length > 1 ? String(attempts.length) : ''],
      ...plain,
      ['tags', execution.tags.join(' ')],
    ],
    style,
  );
  const room = inner(place);
  return [
    facts,
    section('parameters', fieldLines(execution, 'param', room), style),
    section('properties', fieldLines(execution, 'prop', room), style),
    section('metrics', metricTable(execution, room), style),
    section('inputs', useTable(usesOf(execution, 'input'), room), style),
    section('outputs', useTable(usesOf(execution, 'output'), room), style),
  ].join('');
}

function endDetail(attempt: AttemptView | undefined): string {
  const end = attempt?.ends[0]?.value;
  const code = end?.exitCode === undefined ? '' : `, exit status ${end.exitCode}`;
  return end === undefined ? '' : `${end.inferred ? ', inferred' : ''}${code}`;
}

function codeText(attempt: AttemptView | undefined): string {
  const { commit, branch, repository, isDirty } = codeOf(attempt);
  return [commitText(commit, isDirty), branch === undefined ? '' : `(${branch})`, repository ?? '']
    .filter((part) => part !== '')
    .join(' ');
}

/** A word of a command as a shell would take it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function fieldLines(execution: ExecutionView, prefix: 'param' | 'prop', { style }: Place): string {
  const fields = [...fieldsWith(execution.fields, prefix)];
  return factLines(
    fields.map(([name, field]) => [name, fieldText(field, displayValue)] as const),
    style,
  );
}

function metricTable(execution: ExecutionView, place: Place): string {
  const rows = [...execution.metrics].map(([name, points]) => {
    const last = lastPoint(execution, name);
    return [name, fieldText(pointField(last), displayValue), String(last?.step ?? ''), String(points.length)];
  });
  const columns = [
    { title: 'METRIC', mayShrink: true },
    { title: 'VALUE', align: 'right' },
    { title: 'STEP', align: 'right' },
    { title: 'POINTS', align: 'right' },
  ] as const;
  return renderTable(columns, rows, place);
}

function usesOf({ uses }: ExecutionView, direction: Direction) {
  return uses.filter(({ operation }) => operation.direction === direction);
}

/** The members of `git-cmf/execution/1`: those of the list, with uses, attempts and all metric points in full. */
export function executionDocument(execution: ExecutionView): JsonObject {
  return {
    ...executionMembers(execution),
    inputs: usesOf(execution, 'input').map(useMembers),
    outputs: usesOf(execution, 'output').map(useMembers),
    attempts: execution.attempts.map(attemptMembers),
    series: Object.fromEntries(Array.from(execution.metrics, ([name, points]) => [name, points.map(pointMembers)])),
  };
}

function attemptMembers(attempt: AttemptView): JsonObject {
  const { started, ends, saw } = attempt;
  const end = ends[0];
  const { repository, commit, branch, isDirty } = codeOf(attempt);
  return {
    attempt: attempt.id,
    saw,
    status: attempt.status,
    started: isoTime(started && timeOf(started)),
    ended: isoTime(end && timeOf(end)),
    inferred: end?.value.inferred ?? false,
    exitCode: end?.value.exitCode ?? null,
    repository: repository ?? null,
    commit: commit ?? null,
    branch: branch ?? null,
    dirty: isDirty ?? null,
    command: commandOf(attempt) ?? null,
    environment: (attempt.facts.environment as Json | undefined) ?? null,
    conflicts: conflictMember('status', ends, ({ status }) => status),
  };
}

function pointMembers(point: MetricPoint): JsonObject {
  const [shown] = point.values;
  return {
    attempt: point.attempt,
    rank: point.rank,
    step: point.step,
    value: shown?.value.value ?? null,
    time: isoTime(shown && (shown.value.atMs ?? timeOf(shown))),
    conflicts: conflictMember('value', pointField(point), (value) => value),
  };
}
