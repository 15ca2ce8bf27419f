/**
 * First half of the fold: sorts statements by what they speak of, without deciding anything yet.
 */
import type { Hlc } from './clock.ts';
import type { Assignment } from './field.ts';
import type { AttemptId, EntryId, ExecutionId, UseId } from './ids.ts';
import {
  type AttemptFacts,
  type EndStatus,
  type Operation,
  subjectKey,
  type UseOperation,
  useId,
} from './operation.ts';
import type { Resolution, Statement } from './resolve.ts';
import type { StoredValue } from './value.ts';

/** Which stage of which pipeline an execution runs, by name. */
export type Identity = { readonly namespace: string; readonly pipeline: string; readonly stage: string };
export type Start = { readonly saw: readonly AttemptId[]; readonly facts: AttemptFacts };
export type End = { readonly status: EndStatus; readonly inferred: boolean; readonly exitCode: number | undefined };
/** What was said of one point of a metric; there may be millions, so it holds no more than it must. */
export type PointGroup = {
  readonly name: string;
  readonly step: number | null;
  readonly rank: number;
  readonly assignments: Assignment<PointValue>[];
};
export type PointValue = { readonly value: StoredValue; readonly atMs: number | undefined };

/** All that was said of one execution. */
export type ExecutionParts = {
  readonly identities: Assignment<Identity>[];
  readonly starts: Map<AttemptId, Assignment<Start>[]>;
  readonly ends: Map<AttemptId, Assignment<End>[]>;
  /** By attempt, then rank, step and name. */
  readonly points: Map<AttemptId, Map<string, PointGroup>>;
  readonly uses: Map<UseId, Assignment<UseOperation>[]>;
  /** HLC of the earliest word about it. */
  firstHlc: Hlc;
};

/** Adds of a tag that are not retracted, and the adds that somebody removed. */
export type TagParts = { readonly adds: Set<EntryId>; readonly removed: Set<EntryId> };

export type Collected = {
  readonly executions: Map<ExecutionId, ExecutionParts>;
  /** By subject, then field. */
  readonly fields: Map<string, Map<string, Assignment<StoredValue>[]>>;
  readonly tags: Map<string, Map<string, TagParts>>;
  /** By a commit of the code: the commits that replaced it. */
  readonly rewrites: Map<string, Set<string>>;
  /** Subjects of which a newer version said something that must not be ignored. */
  readonly needsNewer: Set<string>;
  /** How many entries of each kind that is not known here. */
  readonly unknownKinds: Map<string, number>;
};

/** Sorts all statements of a resolution. */
export function collect(resolution: Resolution): Collected {
  const collected: Collected = {
    executions: new Map(),
    fields: new Map(),
    tags: new Map(),
    rewrites: new Map(),
    needsNewer: new Set(),
    unknownKinds: new Map(),
  };
  for (const statement of resolution.statements.values()) collectOne(collected, statement);
  return collected;
}

function collectOne(into: Collected, statement: Statement): void {
  const { subject, operation, must } = statement.entry;
  if (operation.kind === 'unknown') {
    into.unknownKinds.set(operation.name, (into.unknownKinds.get(operation.name) ?? 0) + 1);
    if (must && subject !== undefined && !statement.retracted) into.needsNewer.add(subjectKey(subject));
    return;
  }
  if (operation.kind === 'code.rewritten' && !statement.retracted) collectRewrites(into, operation.commits);
  if (subject === undefined) return;
  if (subject.kind === 'execution') collectExecution(into, subject.id, statement, operation);
  const key = subjectKey(subject);
  if (operation.kind === 'set') assignAll(into, key, operation.values, statement);
  else if (operation.kind === 'tag.add') for (const tag of operation.tags) collectTagAdd(into, key, tag, statement);
  else if (operation.kind === 'tag.remove' && !statement.retracted) {
    for (const [tag, ids] of Object.entries(operation.tags)) {
      const { removed } = tagParts(into, key, tag);
      for (const id of ids) removed.add(id);
    }
  }
}

function collectExecution(into: Collected, id: ExecutionId, statement: Statement, operation: Operation): void {
  const parts = executionParts(into, id, statement.entry.hlc);
  switch (operation.kind) {
    case 'execution': {
      const { namespace, pipeline, stage } = operation;
      parts.identities.push({ statement, value: { namespace, pipeline, stage } });
      return;
    }
    case 'attempt.start':
      addIn(parts.starts, operation.attempt, {
        statement,
        value: { saw: operation.saw, facts: operation.facts },
      });
      return;
    case 'attempt.end': {
      const { status, inferred, exitCode } = operation;
      addIn(parts.ends, operation.attempt, { statement, value: { status, inferred, exitCode } });
      return;
    }
    case 'metric':
      collectPoints(parts, operation, statement);
      return;
    case 'use': {
      const use = useId(id, operation);
      addIn(parts.uses, use, { statement, value: operation });
      assignAll(into, subjectKey({ kind: 'use', id: use }), operation.values, statement);
      return;
    }
  }
}

function collectPoints(parts: ExecutionParts, metric: Operation & { kind: 'metric' }, statement: Statement): void {
  const { attempt, rank } = metric;
  const points = parts.points.get(attempt) ?? new Map<string, PointGroup>();
  parts.points.set(attempt, points);
  for (const [name, { steps, values, at }] of Object.entries(metric.series)) {
    steps.forEach((step, i) => {
      const value = { value: values[i] as StoredValue, atMs: at?.[i] ?? statement.entry.atMs };
      const key = `${rank} ${step} ${name}`;
      const group = points.get(key);
      if (group === undefined) points.set(key, { name, step, rank, assignments: [{ statement, value }] });
      else addPoint(group, { statement, value });
    });
  }
}

/** One entry may name a step twice; the later one is what it means to say. */
function addPoint({ assignments }: PointGroup, assignment: Assignment<PointValue>): void {
  if (assignments.at(-1)?.statement === assignment.statement) assignments.pop();
  assignments.push(assignment);
}

function executionParts(into: Collected, id: ExecutionId, hlc: Hlc): ExecutionParts {
  const known = into.executions.get(id);
  if (known !== undefined) {
    if (hlc < known.firstHlc) known.firstHlc = hlc;
    return known;
  }
  const parts: ExecutionParts = {
    identities: [],
    starts: new Map(),
    ends: new Map(),
    points: new Map(),
    uses: new Map(),
    firstHlc: hlc,
  };
  into.executions.set(id, parts);
  return parts;
}

function assignAll(
  into: Collected,
  subject: string,
  values: Readonly<Record<string, StoredValue>>,
  statement: Statement,
): void {
  const fields = into.fields.get(subject) ?? new Map<string, Assignment<StoredValue>[]>();
  into.fields.set(subject, fields);
  for (const [field, value] of Object.entries(values)) addIn(fields, field, { statement, value });
}

function collectRewrites(into: Collected, commits: Readonly<Record<string, string>>): void {
  for (const [from, to] of Object.entries(commits)) {
    const known = into.rewrites.get(from);
    if (known === undefined) into.rewrites.set(from, new Set([to]));
    else known.add(to);
  }
}

function collectTagAdd(into: Collected, subject: string, tag: string, statement: Statement): void {
  if (!statement.retracted) tagParts(into, subject, tag).adds.add(statement.id);
}

function tagParts(into: Collected, subject: string, tag: string): TagParts {
  const tags = into.tags.get(subject) ?? new Map<string, TagParts>();
  into.tags.set(subject, tags);
  const parts = tags.get(tag) ?? { adds: new Set(), removed: new Set() };
  tags.set(tag, parts);
  return parts;
}

/** Nearly all lists stay with one item, and a list that is made with it takes no room for more. */
function addIn<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}
