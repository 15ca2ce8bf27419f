import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { artifactIndex } from '../../src/domain/artifact-index.ts';
import {
  summariseArtifacts,
  summariseMetrics,
  summarisePipelines,
  summariseStages,
} from '../../src/domain/summaries.ts';
import { digestOf, HISTORY_START_MS, history } from '../helpers/history.ts';

const it = suite('summaries');

const X = digestOf('blake3', 'x');
const Y = digestOf('blake3', 'y');

function story() {
  const told = history();
  const ann = told.writer('ann');
  ann.start('b', 'train').metric('loss', 1, 1).metric('loss', 0.5, 2).metric('auc', 0.9).input('z', [X]).finish();
  told.at(HISTORY_START_MS + 60_000);
  ann.start('a', 'make').output('x', [X]).output('y', [Y]).finish('failed');
  ann.start('b', 'train').metric('auc', 0.8);
  ann.start('b', 'clean');
  const view = told.view();
  return { view, executions: [...view.executions.values()] };
}

it('counts executions of pipelines and stages, by name', () => {
  const { view, executions } = story();
  const pipelines = summarisePipelines(view, executions);
  assert.equal(
    pipelines.map((row) => [row.pipeline.name, row.executions, [...row.byStatus], row.stages.map(({ name }) => name)]),
    [
      ['a', 1, [['failed', 1]], ['make']],
      [
        'b',
        3,
        [
          ['succeeded', 1],
          ['running', 2],
        ],
        ['clean', 'train'],
      ],
    ],
  );
  assert.ok((pipelines[1]?.lastStartedMs ?? 0) > HISTORY_START_MS + 60_000);
  assert.equal(
    summariseStages(view, executions).map((row) => [row.pipeline.name, row.stage.name, row.executions]),
    [
      ['a', 'make', 1],
      ['b', 'clean', 1],
      ['b', 'train', 2],
    ],
  );
});

it('speaks only of the executions asked for', () => {
  const { view, executions } = story();
  const some = executions.slice(0, 1);
  assert.equal(
    summarisePipelines(view, some).map(({ pipeline, stages }) => [pipeline.name, stages.length]),
    [['b', 1]],
  );
  assert.is(summariseStages(view, some).length, 1);
  assert.is(summariseArtifacts(artifactIndex(view), some).length, 1);
});

it('shows artifacts under the path of their latest use', () => {
  const { view, executions } = story();
  const rows = summariseArtifacts(artifactIndex(view), executions);
  assert.equal(
    rows.map(({ artifact, latest, uses }) => [artifact.key, latest.operation.path, uses.length]),
    [
      [X, 'x', 2],
      [Y, 'y', 1],
    ],
  );
});

it('gives the last value of each metric, by name', () => {
  const rows = summariseMetrics(story().executions);
  assert.equal(
    rows.map(({ name, last, points }) => [name, last.step, last.values[0]?.value.value, points]),
    [
      ['auc', null, 0.9, 1],
      ['auc', null, 0.8, 1],
      ['loss', 2, 0.5, 2],
    ],
  );
});

it.run();
