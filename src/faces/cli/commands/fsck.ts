import { fsck } from '../../../app/fsck.ts';
import type { CommandModule } from '../command.ts';
import { isSet, withJson } from '../options.ts';
import { renderFsck, renderFsckJson } from '../render/fsck.ts';

const DAMAGED = 5;

export const command: CommandModule = {
  usage: 'fsck [--json]',
  description:
    'Verifies every stored byte: hashes, signatures and shapes of all journals, of what was learned from others, of what a server merged, and of the logs. Damage is an error (exit status 5); gaps and forks in the numbering of segments are notices.',
  build: (parser) => withJson(parser),
  run: async (args, session) => {
    const report = await fsck(await session.context());
    session.print(isSet(args, 'json') ? renderFsckJson(report) : renderFsck(report));
    return report.errors.length === 0 ? 0 : DAMAGED;
  },
};
