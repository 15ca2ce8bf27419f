import { findPipeline } from '../../../app/find-pipeline.ts';
import { listRecords } from '../../../app/records.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { countOf, isSet, textOf, withCount, withExecution, withJson, withPipeline, withZero } from '../options.ts';
import { renderLog, renderLogJson } from '../render/log.ts';

export const command: CommandModule = {
  usage: 'log [-n N] [-e ID] [-p PIPELINE] [--json] [-z]',
  description:
    'Shows the records, newest first: when, the beginning of its id, by which writer, and what it says. git cmf retract takes the ids.',
  build: (parser) => withZero(withJson(withPipeline(withExecution(withCount(parser))))),
  run: async (args, session) => {
    const context = await session.context();
    const name = textOf(args, 'pipeline');
    const execution = textOf(args, 'execution');
    const pipeline = name === undefined ? undefined : await findPipeline(context, name);
    const records = await listRecords(context, { execution, pipeline });
    if (records.length === 0) throw nothing(execution !== undefined || pipeline !== undefined);
    const shown = records.slice(0, countOf(args) ?? records.length);
    const json = isSet(args, 'json');
    await session.page(json ? renderLogJson(shown) : renderLog(shown, { zero: isSet(args, 'zero') }));
    return 0;
  },
};

function nothing(isNarrowed: boolean): CmfError {
  if (isNarrowed) return new CmfError('not-found', { message: 'no record fits', hint: 'git cmf log' });
  return new CmfError('no-data', {
    message: 'nothing is recorded here yet',
    hint: 'git cmf start -p PIPELINE -s STAGE',
  });
}
