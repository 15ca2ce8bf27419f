/**
 * What of some records nobody has said yet. An import that is repeated, here or at a site that has learned what another one
 * imported, adds only this. What was taken back counts as said: a second import does not bring it back.
 */
import type { EntryDraft, Said } from './entry.ts';
import type { ExecutionId } from './ids.ts';
import { type Operation, type Series, useId } from './operation.ts';

/** What has been said of executions, as keys of single statements. */
export type SaidSet = ReadonlySet<string>;

/** All that entries say of these executions. */
export function saidOf(entries: Iterable<Said>, executions: ReadonlySet<string>): SaidSet {
  const said = new Set<string>();
  for (const { subject, operation } of entries) {
    if (subject?.kind !== 'execution' || !executions.has(subject.id)) continue;
    for (const key of keysOf(subject.id, operation)) said.add(key);
  }
  return said;
}

/** The draft without what has been said; undefined when nothing is left. A draft of another kind is left as it is. */
export function unsaidOf(draft: EntryDraft, said: SaidSet): EntryDraft | undefined {
  const { subject, operation } = draft;
  if (subject?.kind !== 'execution' || said.size === 0) return draft;
  const keys = keysOf(subject.id, operation);
  if (keys.length === 0 || keys.every((key) => !said.has(key))) return draft;
  if (keys.every((key) => said.has(key))) return undefined;
  const left = withoutSaid(subject.id, operation, said);
  return left === undefined ? undefined : { ...draft, operation: left };
}

function withoutSaid(
  execution: ExecutionId,
  operation: EntryDraft['operation'],
  said: SaidSet,
): EntryDraft['operation'] | undefined {
  if (operation.kind === 'set') {
    const values = Object.entries(operation.values).filter(([name]) => !said.has(fieldKey(execution, name)));
    return { ...operation, values: Object.fromEntries(values) };
  }
  if (operation.kind !== 'metric') return undefined;
  const { attempt, rank } = operation;
  const series = Object.entries(operation.series).flatMap(([name, { steps, values, at }]): [string, Series][] => {
    const kept = steps.flatMap((step, i) => (said.has(pointKey(execution, attempt, rank, step, name)) ? [] : [i]));
    if (kept.length === 0) return [];
    const pick = <Item>(items: readonly Item[]): Item[] => kept.map((i) => items[i] as Item);
    return [[name, { steps: pick(steps), values: pick(values), ...(at === undefined ? {} : { at: pick(at) }) }]];
  });
  return { ...operation, series: Object.fromEntries(series) };
}

function keysOf(execution: ExecutionId, operation: Operation): string[] {
  switch (operation.kind) {
    case 'execution':
      return [`identity ${execution}`];
    case 'attempt.start':
    case 'attempt.end':
      return [`${operation.kind} ${execution} ${operation.attempt}`];
    case 'set':
      return Object.keys(operation.values).map((name) => fieldKey(execution, name));
    case 'metric': {
      const { attempt, rank, series } = operation;
      return Object.entries(series).flatMap(([name, { steps }]) =>
        steps.map((step) => pointKey(execution, attempt, rank, step, name)),
      );
    }
    case 'use':
      return [`use ${useId(execution, operation)}`];
    default:
      return [];
  }
}

function fieldKey(execution: string, name: string): string {
  return `field ${execution} ${name}`;
}

function pointKey(execution: string, attempt: string, rank: number, step: number | null, name: string): string {
  return `point ${execution} ${attempt} ${rank} ${step} ${name}`;
}
