/**
 * The view: what the journal says, as a pure function of its state. Equal states give byte-equal views (view-digest.ts).
 * No rule in it reads a clock.
 */
import type { CodeRewrites } from './code-rewrites.ts';
import { type Collected, collect, type Identity, type TagParts } from './collect.ts';
import { type ExecutionView, type FoldContext, foldExecution, type StageIds } from './execution-view.ts';
import { type Assignment, currentValues, type Field } from './field.ts';
import { type ExecutionId, type PipelineId, pipelineId, type StageId, stageId } from './ids.ts';
import type { JournalState, Purge } from './join.ts';
import { subjectKey } from './operation.ts';
import { fieldHash, untagField } from './purge.ts';
import { type Resolution, resolve } from './resolve.ts';
import type { StoredValue } from './value.ts';

/** Grows when a rule of the fold changes, so that two programs never call different views by one digest. */
export const FOLD_VERSION = 1;

export type StageView = {
  readonly id: StageId;
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field<StoredValue>>;
};

export type PipelineView = {
  readonly id: PipelineId;
  readonly namespace: string;
  readonly name: string;
  /** By name. */
  readonly stages: readonly StageView[];
  readonly fields: ReadonlyMap<string, Field<StoredValue>>;
};

export type View = {
  /** By name, then id. */
  readonly pipelines: readonly PipelineView[];
  /** Oldest first. */
  readonly executions: ReadonlyMap<ExecutionId, ExecutionView>;
  /** Fields of artifacts (and of anything else), by subject. */
  readonly fieldsOf: (subject: string) => ReadonlyMap<string, Field<StoredValue>>;
  readonly tagsOf: (subject: string) => readonly string[];
  /** All subjects that have fields or tags, sorted. */
  readonly subjects: readonly string[];
  /** What replaced which commit of the code, by the replaced one, sorted. */
  readonly rewrites: CodeRewrites;
  readonly needsNewer: readonly string[];
  /** How many entries of each kind that this version does not know, by name. */
  readonly unknownKinds: ReadonlyMap<string, number>;
};

const NO_FIELDS: ReadonlyMap<string, Field<StoredValue>> = new Map();

/** Folds a state into its view. */
export function viewOf(state: JournalState): View {
  const resolution = resolve(state);
  // Taken apart, so that the functions of the view below do not keep all of it alive.
  const { executions: parts, needsNewer, unknownKinds, ...collected } = collect(resolution);
  const purgesOf = purgeIndex(state.purges);
  const fields = foldAllFields(collected.fields, resolution, purgesOf);
  const tags = foldTags(collected.tags, resolution, purgesOf);
  const context: FoldContext = {
    resolution,
    purgesOf,
    fieldsOf: (subject) => fields.get(subject) ?? NO_FIELDS,
    tagsOf: (subject) => tags.get(subject) ?? [],
    needsNewer: (subject) => needsNewer.has(subject),
    idsOf: identities(),
  };
  const executions = foldExecutions(parts, context);
  return {
    pipelines: foldPipelines(executions, context),
    executions: new Map(executions.map((execution) => [execution.id, execution])),
    fieldsOf: context.fieldsOf,
    tagsOf: context.tagsOf,
    subjects: [...new Set([...fields.keys(), ...tags.keys()])].sort(),
    rewrites: foldRewrites(collected.rewrites),
    needsNewer: [...needsNewer].sort(),
    unknownKinds: new Map([...unknownKinds].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Oldest first. What has been folded is let go, so that parts and folds of all executions are never there at once. */
function foldExecutions(parts: Collected['executions'], context: FoldContext): ExecutionView[] {
  const executions: ExecutionView[] = [];
  for (const [id, part] of parts) {
    const execution = foldExecution(id, part, context);
    if (execution !== undefined) executions.push(execution);
    parts.delete(id);
  }
  return executions.sort((a, b) =>
    a.firstHlc === b.firstHlc ? (a.id < b.id ? -1 : 1) : a.firstHlc < b.firstHlc ? -1 : 1,
  );
}

function foldRewrites(rewrites: ReadonlyMap<string, ReadonlySet<string>>): CodeRewrites {
  const sorted = [...rewrites.keys()].sort();
  return new Map(sorted.map((from) => [from, [...(rewrites.get(from) ?? [])].sort()]));
}

/** Computes the ids of each stage once. */
function identities(): FoldContext['idsOf'] {
  const known = new Map<string, StageIds>();
  return ({ namespace, pipeline, stage }) => {
    const key = JSON.stringify([namespace, pipeline, stage]);
    const ids = known.get(key) ?? stageIds(namespace, pipeline, stage);
    known.set(key, ids);
    return ids;
  };
}

function stageIds(namespace: string, pipeline: string, stage: string): StageIds {
  const id = pipelineId(namespace, pipeline);
  return { pipeline: id, stage: stageId(namespace, id, stage) };
}

function purgeIndex(purges: JournalState['purges']): FoldContext['purgesOf'] {
  if (purges.size === 0) return () => [];
  const byField = new Map<string, Purge[]>();
  for (const purge of purges.values()) {
    for (const field of purge.fields) {
      const list = byField.get(field);
      if (list === undefined) byField.set(field, [purge]);
      else list.push(purge);
    }
  }
  return (subject, field) => byField.get(fieldHash(subject, field)) ?? [];
}

function foldAllFields(
  assigned: ReadonlyMap<string, ReadonlyMap<string, readonly Assignment<StoredValue>[]>>,
  resolution: Resolution,
  purgesOf: FoldContext['purgesOf'],
): ReadonlyMap<string, ReadonlyMap<string, Field<StoredValue>>> {
  const all = new Map<string, ReadonlyMap<string, Field<StoredValue>>>();
  for (const [subject, fields] of assigned) {
    const current = new Map<string, Field<StoredValue>>();
    for (const name of [...fields.keys()].sort()) {
      const field = currentValues(fields.get(name) ?? [], resolution, purgesOf(subject, name));
      if (field.length > 0) current.set(name, field);
    }
    if (current.size > 0) all.set(subject, current);
  }
  return all;
}

/** A tag stands if one add of it is neither retracted nor among the adds that a removal saw. */
function foldTags(
  tags: ReadonlyMap<string, ReadonlyMap<string, TagParts>>,
  resolution: Resolution,
  purgesOf: FoldContext['purgesOf'],
): ReadonlyMap<string, readonly string[]> {
  const standing = new Map<string, readonly string[]>();
  for (const [subject, parts] of tags) {
    const names: string[] = [];
    for (const [name, { adds, removed }] of parts) {
      const purged = purgesOf(subject, untagField(name)).filter(({ id }) => !resolution.retractedPurges.has(id));
      const undone = new Set(purged.flatMap(({ over }) => over));
      if ([...adds].some((id) => !removed.has(id) && !undone.has(id))) names.push(name);
    }
    if (names.length > 0) standing.set(subject, names.sort());
  }
  return standing;
}

type PipelineParts = { readonly pipeline: Omit<PipelineView, 'stages'>; readonly stages: Map<StageId, StageView> };

/** Every pipeline and stage that an execution claims to run, also where that claim is in conflict. */
function foldPipelines(executions: readonly ExecutionView[], context: FoldContext): PipelineView[] {
  const parts = new Map<PipelineId, PipelineParts>();
  for (const { identity } of executions) for (const { value } of identity) addStage(parts, value, context);
  return [...parts.values()]
    .map(({ pipeline, stages }) => ({ ...pipeline, stages: [...stages.values()].sort(compareNames) }))
    .sort(compareNames);
}

function addStage(parts: Map<PipelineId, PipelineParts>, identity: Identity, context: FoldContext): void {
  const { namespace, pipeline: name } = identity;
  const { pipeline: id, stage } = context.idsOf(identity);
  const fields = context.fieldsOf(subjectKey({ kind: 'pipeline', id }));
  const known = parts.get(id) ?? { pipeline: { id, namespace, name, fields }, stages: new Map() };
  parts.set(id, known);
  if (known.stages.has(stage)) return;
  const stageFields = context.fieldsOf(subjectKey({ kind: 'stage', id: stage }));
  known.stages.set(stage, { id: stage, name: identity.stage, fields: stageFields });
}

/** By name, then id. */
function compareNames(a: Pick<StageView | PipelineView, 'id' | 'name'>, b: typeof a): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
