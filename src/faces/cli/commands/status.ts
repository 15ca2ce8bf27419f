import { statusOf } from '../../../app/status.ts';
import type { CommandModule } from '../command.ts';
import { isSet, withJson } from '../options.ts';
import { renderStatus, renderStatusJson } from '../render/status.ts';

export const command: CommandModule = {
  usage: 'status [--json]',
  description:
    'Says who this clone is, which executions run, and which records the remote does not have yet. Reads only and asks no remote.',
  build: (parser) => withJson(parser),
  run: async (args, session) => {
    const report = await statusOf(await session.context());
    session.print(isSet(args, 'json') ? renderStatusJson(report) : renderStatus(report));
    return 0;
  },
};
