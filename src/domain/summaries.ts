/**
 * Rows of the lists: pipelines, stages, artifacts and metrics of some executions.
 */
import type { Artifact, ArtifactIndex } from './artifact-index.ts';
import { lastPoint, startedMs } from './execution-facts.ts';
import type { ExecutionView, MetricPoint, Status, UseView } from './execution-view.ts';
import { type Field, isGreater } from './field.ts';
import { displayValue, type StoredValue } from './value.ts';
import type { PipelineView, StageView, View } from './view.ts';

/** How many executions there are of something, and when the last one began. */
export type Tally = {
  readonly executions: number;
  readonly byStatus: ReadonlyMap<Status, number>;
  /** Milliseconds since the epoch; undefined when there are none. */
  readonly lastStartedMs: number | undefined;
};

export type PipelineSummary = { readonly pipeline: PipelineView; readonly stages: readonly StageView[] } & Tally;
export type StageSummary = { readonly pipeline: PipelineView; readonly stage: StageView } & Tally;

export type ArtifactSummary = {
  readonly artifact: Artifact;
  /** Its uses by the executions asked for, oldest first; never empty. */
  readonly uses: readonly UseView[];
  /** The use that was said last: it gives the path that is shown. */
  readonly latest: UseView;
} & ArtifactFacts;

/** What uses say of the content itself; each as the latest use has it that says anything. */
export type ArtifactFacts = {
  readonly type: Field<StoredValue>;
  readonly name: Field<StoredValue>;
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
};

export type MetricSummary = {
  readonly execution: ExecutionView;
  readonly name: string;
  readonly last: MetricPoint;
  readonly points: number;
};

/** The pipelines that the executions run, by name; of their stages those that the executions run. */
export function summarisePipelines(view: View, executions: readonly ExecutionView[]): PipelineSummary[] {
  const byPipeline = groupBy(executions, ({ pipeline }) => pipeline);
  return view.pipelines.flatMap((pipeline) => {
    const group = byPipeline.get(pipeline.id);
    if (group === undefined) return [];
    const run = new Set(group.map(({ stage }) => stage));
    return [{ pipeline, stages: pipeline.stages.filter(({ id }) => run.has(id)), ...tally(group) }];
  });
}

/** The stages that the executions run, by pipeline and name. */
export function summariseStages(view: View, executions: readonly ExecutionView[]): StageSummary[] {
  const byStage = groupBy(executions, ({ stage }) => stage);
  return view.pipelines.flatMap((pipeline) =>
    pipeline.stages.flatMap((stage) => {
      const group = byStage.get(stage.id);
      return group === undefined ? [] : [{ pipeline, stage, ...tally(group) }];
    }),
  );
}

/** The artifacts that the executions read or wrote, by the path of their latest use, then by digest. */
export function summariseArtifacts(index: ArtifactIndex, executions: readonly ExecutionView[]): ArtifactSummary[] {
  const wanted = new Set(executions.map(({ id }) => id));
  const rows = index.artifacts.flatMap((artifact) => {
    const uses = artifact.uses.filter(({ execution }) => wanted.has(execution));
    const latest = latestUse(uses);
    return latest === undefined ? [] : [{ row: summariseArtifact(artifact, uses, latest), path: displayPath(latest) }];
  });
  rows.sort((a, b) => compareTexts(a.path, b.path) || compareTexts(a.row.artifact.key, b.row.artifact.key));
  return rows.map(({ row }) => row);
}

function displayPath({ operation: { path } }: UseView): string {
  return displayValue(path);
}

/**
 * One artifact as some of its uses tell of it.
 * @param latest the one of them that was said last
 */
export function summariseArtifact(artifact: Artifact, uses: readonly UseView[], latest: UseView): ArtifactSummary {
  const newestFirst = uses.toSorted((a, b) => (isGreater(a.claim, b.claim) ? -1 : 1));
  const fieldOf = (name: string) => firstOf(newestFirst, ({ fields }) => fields.get(name)) ?? [];
  return {
    artifact,
    uses,
    latest,
    type: fieldOf('type'),
    name: fieldOf('name'),
    sizeBytes: firstOf(newestFirst, ({ operation }) => operation.sizeBytes),
    files: firstOf(newestFirst, ({ operation }) => operation.files),
  };
}

function firstOf<Value>(uses: readonly UseView[], pick: (use: UseView) => Value | undefined): Value | undefined {
  for (const use of uses) {
    const value = pick(use);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The last values of all metrics, by name; those of one name in the order of the executions. */
export function summariseMetrics(executions: readonly ExecutionView[]): MetricSummary[] {
  const rows = executions.flatMap((execution) =>
    [...execution.metrics].flatMap(([name, points]) => {
      const last = lastPoint(execution, name);
      return last === undefined ? [] : [{ execution, name, last, points: points.length }];
    }),
  );
  return rows.sort((a, b) => compareTexts(a.name, b.name));
}

/** The use that was said last; undefined for none. */
export function latestUse(uses: readonly UseView[]): UseView | undefined {
  return uses.reduce<UseView | undefined>(
    (latest, use) => (latest === undefined || isGreater(use.claim, latest.claim) ? use : latest),
    undefined,
  );
}

/** Counts executions. */
export function tally(executions: readonly ExecutionView[]): Tally {
  const byStatus = new Map<Status, number>();
  let lastStartedMs: number | undefined;
  for (const execution of executions) {
    byStatus.set(execution.status, (byStatus.get(execution.status) ?? 0) + 1);
    lastStartedMs = Math.max(lastStartedMs ?? Number.NEGATIVE_INFINITY, startedMs(execution));
  }
  return { executions: executions.length, byStatus, lastStartedMs };
}

function groupBy<Key>(
  executions: readonly ExecutionView[],
  keyOf: (execution: ExecutionView) => Key,
): ReadonlyMap<Key, readonly ExecutionView[]> {
  const groups = new Map<Key, ExecutionView[]>();
  for (const execution of executions) {
    const key = keyOf(execution);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [execution]);
    else group.push(execution);
  }
  return groups;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
