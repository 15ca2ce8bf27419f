import { initialise } from '../../../app/init.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textOf } from '../options.ts';

export const command: CommandModule = {
  usage: 'init [--remote NAME]',
  description:
    'Makes this clone record: gives it an identity and a key in the git folder, and prepares the .dvc folder where there is none. Works offline; doing it again changes nothing. Touches no branch, no remote and no git configuration but cmf.*.',
  build: (parser) =>
    parser
      .option('remote', { type: 'string', requiresArg: true, describe: 'the remote that push and pull use' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const context = await session.context();
    const { clone, isNew, prepared } = await initialise(
      context,
      session.files(context).pointers,
      textOf(args, 'remote'),
    );
    if (isSet(args, 'quiet')) return 0;
    const { writer } = clone;
    session.print(
      isNew ? `This clone records as writer ${writer}.\n` : `This clone records already, as writer ${writer}.\n`,
    );
    for (const path of prepared) session.print(`Created ${path}.\n`);
    return 0;
  },
};
