import { beginWriting } from '../../../app/begin-writing.ts';
import { retractRecords } from '../../../app/retract.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textsOf } from '../options.ts';
import { renderWithdrawn } from '../render/log.ts';

export const command: CommandModule = {
  usage: 'retract ID…',
  description:
    'Takes back what this clone recorded by mistake, for good. ID is what git cmf log shows (six digits or more), or the id of a use. What others recorded only they can take back.',
  takesOperands: true,
  build: (parser) => parser.option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const names = textsOf(args, '_');
    if (names.length === 0) throw new CmfError('usage', { message: 'no record is named', hint: 'git cmf log' });
    const withdrawn = await retractRecords(await beginWriting(await session.context()), names);
    if (!isSet(args, 'quiet')) session.print(renderWithdrawn(withdrawn));
    return 0;
  },
};
