import type { JsonObject } from '../../../domain/canonical-json.ts';
import { fieldsWith } from '../../../domain/execution-facts.ts';
import type { PipelineSummary, StageSummary } from '../../../domain/summaries.ts';
import { displayValue } from '../../../domain/value.ts';
import { conflictMembers, plainMembers, shownValues } from './field-members.ts';
import { fieldText } from './field-text.ts';
import type { Listing } from './listing.ts';
import { tallyCells, tallyMembers } from './tally-text.ts';

const TALLY_COLUMNS = [
  { title: 'EXECUTIONS', align: 'right' },
  { title: 'STATUS', mayShrink: true },
  { title: 'LAST STARTED' },
] as const;

/** `list pipelines`; a row's key is the pipeline's name. */
export const PIPELINES: Listing<PipelineSummary> = {
  schema: 'git-cmf/pipelines/1',
  columns: [
    { title: 'PIPELINE', mayShrink: true },
    { title: 'STAGES', mayShrink: true },
    ...TALLY_COLUMNS,
    { title: 'TITLE', mayShrink: true },
  ],
  cellsOf: (row) => [
    nameText(row),
    row.stages.map(({ name }) => name).join(' '),
    ...tallyCells(row),
    fieldText(row.pipeline.fields.get('title') ?? [], displayValue),
  ],
  itemOf: pipelineMembers,
  keyOf: ({ pipeline }) => pipeline.name,
};

/** `list stages`; a row's key is `pipeline/stage`. */
export const STAGES: Listing<StageSummary> = {
  schema: 'git-cmf/stages/1',
  columns: [{ title: 'STAGE', mayShrink: true }, ...TALLY_COLUMNS, { title: 'TITLE', mayShrink: true }],
  cellsOf: (row) => [
    `${nameText(row)}/${row.stage.name}`,
    ...tallyCells(row),
    fieldText(row.stage.fields.get('title') ?? [], displayValue),
  ],
  itemOf: stageMembers,
  keyOf: ({ pipeline, stage }) => `${pipeline.name}/${stage.name}`,
};

/** The name, and the namespace where there is one. */
export function nameText({ pipeline }: Pick<PipelineSummary, 'pipeline'>): string {
  return pipeline.namespace === '' ? pipeline.name : `${pipeline.name} (${pipeline.namespace})`;
}

/** A pipeline as an item of a list. */
export function pipelineMembers(row: PipelineSummary): JsonObject {
  const { id, name, namespace, fields } = row.pipeline;
  return {
    id,
    name,
    namespace,
    title: plainMembers(fields)['title'],
    label: plainMembers(fields)['label'],
    props: shownValues(fieldsWith(fields, 'prop')),
    stages: row.stages.map((stage) => stage.name),
    ...tallyMembers(row),
    conflicts: conflictMembers(fields),
  };
}

/** A stage as an item of a list. */
export function stageMembers(row: StageSummary): JsonObject {
  const { pipeline, stage } = row;
  return {
    id: stage.id,
    name: stage.name,
    pipeline: pipeline.name,
    pipelineId: pipeline.id,
    namespace: pipeline.namespace,
    title: plainMembers(stage.fields)['title'],
    label: plainMembers(stage.fields)['label'],
    props: shownValues(fieldsWith(stage.fields, 'prop')),
    ...tallyMembers(row),
    conflicts: conflictMembers(stage.fields),
  };
}
