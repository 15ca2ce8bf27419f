import { findPipeline } from '../../../app/find-pipeline.ts';
import { readView } from '../../../app/read-state.ts';
import { artifactIndex } from '../../../domain/artifact-index.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { ExecutionView } from '../../../domain/execution-view.ts';
import type { PipelineId } from '../../../domain/ids.ts';
import { selectExecutions } from '../../../domain/query.ts';
import type { View } from '../../../domain/view.ts';
import { parseWhere } from '../../../domain/where.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { countOf, textOf, textsOf, withCount, withJson, withPipeline, withZero } from '../options.ts';
import { outputOf } from '../output.ts';
import { LISTS, type ListName, renderList } from '../render/list.ts';

export const command: CommandModule = {
  usage: `list ${LISTS.join('|')} [--where EXPR] [-p PIPELINE] [-n N] [--json] [-z]`,
  description: `Lists executions, newest first, or what belongs to them. EXPR compares with = != < <= > >= ~ (contains), joined by and, or, not:

  git cmf list executions --where 'metric.auc > 0.9 and param.lr < 0.01'
  git cmf list artifacts --where 'stage = train and not (status = failed)'

With -z the names alone, ended by NUL: what other commands take.`,
  takesOperands: true,
  build: (parser) =>
    withZero(
      withJson(
        withCount(
          withPipeline(
            parser.option('where', {
              type: 'string',
              requiresArg: true,
              describe: 'only executions that fit: metric.NAME, param.NAME, prop.NAME, status, stage, tag, started…',
            }),
          ),
        ),
      ),
    ),
  run: async (args, session) => {
    const list = listOf(args);
    const where = textOf(args, 'where');
    const filter = where === undefined ? undefined : parseWhere(where);
    const countMax = countOf(args, 'n');
    const context = await session.context();
    const view = await readView(context);
    if (view.executions.size === 0) {
      throw new CmfError('no-data', {
        message: 'nothing is recorded here yet',
        hint: 'git cmf start, or git cmf pull',
      });
    }
    const name = textOf(args, 'pipeline');
    const pipeline = name === undefined ? undefined : await findPipeline(context, name);
    const executions = selectExecutions(view, filter).filter(belongsTo(view, pipeline, name));
    const output = await outputOf(args, session);
    const text = renderList(list, { view, index: artifactIndex(view) }, executions, { ...output, countMax });
    if (text === '') context.reporter.note(`no ${list} fit`);
    await session.page(text);
    return 0;
  },
};

function listOf(args: Arguments): ListName {
  const [typed, more] = textsOf(args, '_');
  const list = LISTS.find((one) => one === typed);
  if (list !== undefined && more === undefined) return list;
  throw new CmfError('usage', {
    message: typed === undefined ? 'say what to list' : `there is no list of '${[typed, more].join(' ').trim()}'`,
    hint: `git cmf list ${LISTS.join('|')}`,
  });
}

/** @throws CmfError `not-found` for a pipeline that is not known here */
function belongsTo(view: View, pipeline: PipelineId | undefined, typed = ''): (execution: ExecutionView) => boolean {
  if (pipeline === undefined) return () => true;
  if (!view.pipelines.some(({ id }) => id === pipeline)) {
    throw new CmfError('not-found', {
      message: `no pipeline '${typed}' is known here`,
      hint: 'git cmf list pipelines, or git cmf pull if others recorded it',
    });
  }
  return (execution) => execution.pipeline === pipeline;
}
