/** `git cmf show X`, whatever X turned out to be. */
import type { Artifact } from '../../../domain/artifact-index.ts';
import type { UseView } from '../../../domain/execution-view.ts';
import type { FindSources, Found } from '../../../domain/find.ts';
import { summariseStages, type Tally, tally } from '../../../domain/summaries.ts';
import { displayValue } from '../../../domain/value.ts';
import type { PipelineView, StageView, View } from '../../../domain/view.ts';
import { fieldText } from './field-text.ts';
import { jsonDocument } from './json-document.ts';
import { nameText, pipelineMembers, STAGES, stageMembers } from './list-pipelines.ts';
import { type Output, renderListing } from './listing.ts';
import { type Fact, factLines, inner, section } from './sections.ts';
import { artifactDocument, artifactText } from './show-artifact.ts';
import { executionDocument, executionText } from './show-execution.ts';
import { tallyCells } from './tally-text.ts';
import { useMembers } from './use-members.ts';

/** A thing in full. Of several artifacts that one ambiguous digest names, each is shown. */
export function renderShow(sources: FindSources, found: Found, output: Output): string {
  const { view } = sources;
  const isJson = output.format === 'json';
  switch (found.kind) {
    case 'execution':
      return isJson
        ? jsonDocument('git-cmf/execution/1', executionDocument(found.execution))
        : executionText(found.execution, output);
    case 'artifact':
      return showArtifacts(view, found.artifacts, output);
    case 'use':
      return isJson
        ? jsonDocument('git-cmf/use/1', useMembers(found.use))
        : `${useText(found.use, output)}\n${showArtifacts(view, sources.index.artifactsOf(found.use), output)}`;
    case 'pipeline':
      return showPipeline(view, found.pipeline, output);
    case 'stage':
      return showStage(view, found.pipeline, found.stage, output);
  }
}

function showArtifacts(view: View, artifacts: readonly Artifact[], output: Output): string {
  if (output.format !== 'json') return artifacts.map((artifact) => artifactText(view, artifact, output)).join('\n');
  return jsonDocument('git-cmf/artifact/1', { items: artifacts.map((artifact) => artifactDocument(view, artifact)) });
}

function useText(use: UseView, { style }: Output): string {
  const { direction, from = '', attempt } = use.operation;
  const verb = direction === 'input' ? 'read by' : 'written by';
  return factLines(
    [
      ['use', use.id],
      [verb, use.execution],
      ['attempt', attempt],
      ['from', from],
    ],
    style,
  );
}

function showPipeline(view: View, pipeline: PipelineView, output: Output): string {
  const executions = [...view.executions.values()].filter((execution) => execution.pipeline === pipeline.id);
  const row = { pipeline, stages: pipeline.stages, ...tally(executions) };
  const stages = summariseStages(view, executions);
  if (output.format === 'json') {
    return jsonDocument('git-cmf/pipeline/1', { ...pipelineMembers(row), stages: stages.map(stageMembers) });
  }
  const { style } = output;
  const facts = factLines(
    [['pipeline', nameText(row)], ['id', pipeline.id], ...tallyFacts(row), ...fieldFacts(pipeline)],
    style,
  );
  return `${facts}${section('stages', renderListing(STAGES, stages, inner(output)), style)}`;
}

function showStage(view: View, pipeline: PipelineView, stage: StageView, output: Output): string {
  const executions = [...view.executions.values()].filter((execution) => execution.stage === stage.id);
  const row = { pipeline, stage, ...tally(executions) };
  if (output.format === 'json') return jsonDocument('git-cmf/stage/1', stageMembers(row));
  return factLines(
    [['stage', `${nameText(row)}/${stage.name}`], ['id', stage.id], ...tallyFacts(row), ...fieldFacts(stage)],
    output.style,
  );
}

function tallyFacts(row: Tally): Fact[] {
  const [executions, statuses, lastStarted] = tallyCells(row);
  return [
    ['executions', statuses === '' ? executions : `${executions} (${statuses})`],
    ['last started', lastStarted],
  ];
}

function fieldFacts({ fields }: PipelineView | StageView): Fact[] {
  return Array.from(fields, ([name, field]): Fact => [name, fieldText(field, displayValue)]);
}
