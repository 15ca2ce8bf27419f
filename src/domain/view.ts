/**
 * The view: what the journal says, as a pure function of its state. Equal states give byte-equal views (view-digest.ts).
 * No rule in it reads a clock.
 */
import { collect, type TagParts } from './collect.ts';
import { type ExecutionView, type FoldContext, foldExecution } from './execution-view.ts';
import { type Assignment, currentValues, type Field, fieldHash } from './field.ts';
import { type ExecutionId, type PipelineId, pipelineId, type StageId, stageId } from './ids.ts';
import type { JournalState, Purge } from './join.ts';
import { subjectKey } from './operation.ts';
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
  readonly needsNewer: readonly string[];
  readonly unknownKinds: ReadonlyMap<string, number>;
};

const NO_FIELDS: ReadonlyMap<string, Field<StoredValue>> = new Map();

/** Folds a state into its view. */
export function viewOf(state: JournalState): View {
  const resolution = resolve(state);
  const collected = collect(resolution);
  const purgesOf = purgeIndex(state.purges);
  const fields = foldAllFields(collected.fields, resolution, purgesOf);
  const tags = foldTags(collected.tags);
  const context: FoldContext = {
    resolution,
    purgesOf,
    fieldsOf: (subject) => fields.get(subject) ?? NO_FIELDS,
    tagsOf: (subject) => tags.get(subject) ?? [],
    needsNewer: (subject) => collected.needsNewer.has(subject),
  };
  const executions: ExecutionView[] = [];
  for (const [id, parts] of collected.executions) {
    const execution = foldExecution(id, parts, context);
    if (execution !== undefined) executions.push(execution);
  }
  executions.sort((a, b) => (a.firstHlc === b.firstHlc ? (a.id < b.id ? -1 : 1) : a.firstHlc < b.firstHlc ? -1 : 1));
  return {
    pipelines: foldPipelines(executions, context),
    executions: new Map(executions.map((execution) => [execution.id, execution])),
    fieldsOf: context.fieldsOf,
    tagsOf: context.tagsOf,
    subjects: [...new Set([...fields.keys(), ...tags.keys()])].sort(),
    needsNewer: [...collected.needsNewer].sort(),
    unknownKinds: collected.unknownKinds,
  };
}

function purgeIndex(purges: JournalState['purges']): FoldContext['purgesOf'] {
  if (purges.size === 0) return () => [];
  const byField = new Map<string, Purge[]>();
  for (const purge of purges.values()) {
    for (const field of purge.fields) byField.set(field, [...(byField.get(field) ?? []), purge]);
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
function foldTags(tags: ReadonlyMap<string, ReadonlyMap<string, TagParts>>): ReadonlyMap<string, readonly string[]> {
  const standing = new Map<string, readonly string[]>();
  for (const [subject, parts] of tags) {
    const names = [...parts].filter(([, { adds, removed }]) => [...adds].some((id) => !removed.has(id)));
    if (names.length > 0) standing.set(subject, names.map(([name]) => name).sort());
  }
  return standing;
}

/** Every pipeline and stage that an execution claims to run, also where that claim is in conflict. */
function foldPipelines(executions: readonly ExecutionView[], context: FoldContext): PipelineView[] {
  const pipelines = new Map<PipelineId, PipelineView & { readonly stages: StageView[] }>();
  for (const { identity } of executions) {
    for (const { value } of identity) {
      const pipeline = pipelineId(value.namespace, value.pipeline);
      const stage = stageId(value.namespace, pipeline, value.stage);
      const known = pipelines.get(pipeline) ?? {
        id: pipeline,
        namespace: value.namespace,
        name: value.pipeline,
        stages: [],
        fields: context.fieldsOf(subjectKey({ kind: 'pipeline', id: pipeline })),
      };
      pipelines.set(pipeline, known);
      if (known.stages.some((one) => one.id === stage)) continue;
      known.stages.push({
        id: stage,
        name: value.stage,
        fields: context.fieldsOf(subjectKey({ kind: 'stage', id: stage })),
      });
    }
  }
  for (const { stages } of pipelines.values()) stages.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...pipelines.values()].sort((a, b) =>
    a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1,
  );
}
