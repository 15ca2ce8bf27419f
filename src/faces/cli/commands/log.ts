import { findPipeline } from '../../../app/find-pipeline.ts';
import { listPurged } from '../../../app/purged-records.ts';
import { listRecords } from '../../../app/records.ts';
import { CmfError } from '../../../domain/errors.ts';
import { isGreater } from '../../../domain/field.ts';
import type { CommandModule } from '../command.ts';
import { countOf, textOf, withCount, withJson, withPipeline, withZero } from '../options.ts';
import { outputOf } from '../output.ts';
import { shortExecutionIds } from '../render/list.ts';
import { renderListing } from '../render/listing.ts';
import { type LogRow, logListing } from '../render/log.ts';

export const command: CommandModule = {
  usage: 'log [-n N] [-e ID] [-p PIPELINE] [--json] [-z]',
  description:
    'Shows the records, newest first: when, the beginning of its id, by which writer, and what it says; of a purged one, who purged it and why. git cmf retract takes the ids. With -z the ids alone, ended by NUL.',
  build: (parser) =>
    withZero(
      withJson(
        withPipeline(
          withCount(parser).option('execution', {
            alias: 'e',
            type: 'string',
            requiresArg: true,
            describe: 'only this execution: its id, or the beginning of it',
          }),
        ),
      ),
    ),
  run: async (args, session) => {
    const countMax = countOf(args, 'n');
    const context = await session.context();
    const name = textOf(args, 'pipeline');
    const execution = textOf(args, 'execution');
    const pipeline = name === undefined ? undefined : await findPipeline(context, name);
    const { records, view } = await listRecords(context, { execution, pipeline });
    // What a purged record spoke of is gone with it, so only the whole log shows that it was there.
    const isWhole = execution === undefined && pipeline === undefined;
    const rows: LogRow[] = isWhole ? byTime([...records, ...(await listPurged(context))]) : [...records];
    if (rows.length === 0) throw nothing(name);
    const output = await outputOf(args, session);
    const shown = rows.slice(0, countMax ?? rows.length);
    await session.page(renderListing(logListing(shortExecutionIds(view), output.style), shown, output));
    return 0;
  },
};

function byTime(rows: LogRow[]): LogRow[] {
  return rows.sort((a, b) => (isGreater('entry' in a ? a.entry : a, 'entry' in b ? b.entry : b) ? -1 : 1));
}

function nothing(pipeline: string | undefined): CmfError {
  if (pipeline !== undefined) {
    return new CmfError('not-found', {
      message: `no record of a pipeline '${pipeline}' is here`,
      hint: 'git cmf list pipelines, or git cmf pull if others recorded it',
    });
  }
  return new CmfError('no-data', { message: 'nothing is recorded here yet', hint: 'git cmf start, or git cmf pull' });
}
