import { installClientHooks, removeClientHooks } from '../../../app/client-hooks.ts';
import type { Context } from '../../../app/clone.ts';
import { initialise } from '../../../app/init.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { isSet, textOf } from '../options.ts';
import { renderHook } from '../render/server.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'init [--remote NAME] [--ephemeral] [--hooks | --no-hooks] [-q]',
  description:
    'Makes this clone record: gives it an identity and a key in the git folder, and prepares the .dvc folder where there is none. Works offline; doing it again changes nothing. Touches no branch, no remote and no git configuration but cmf.*; with --hooks it adds the hook post-rewrite beside those that are there, so that notes follow commits that are amended or rebased.',
  build: (parser) =>
    parser
      .option('remote', { type: 'string', requiresArg: true, describe: 'the remote that push and pull use' })
      .option('ephemeral', {
        type: 'boolean',
        describe: 'for CI jobs and containers: leaves no ref of its own behind on a server (also: CMF_EPHEMERAL=1)',
      })
      .option('hooks', { type: 'boolean', describe: 'install the hook post-rewrite' })
      .option('no-hooks', { type: 'boolean', describe: 'take the hook post-rewrite out again' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    requireOneWish(args);
    const context = await session.context();
    const isEphemeral = isSet(args, 'ephemeral') || session.environment['CMF_EPHEMERAL'] === '1';
    const { clone, isNew, prepared } = await initialise(context, session.files(context).pointers, {
      remote: textOf(args, 'remote'),
      isEphemeral,
    });
    const hooks = await changeHooks(session, context, args);
    if (isSet(args, 'quiet')) return 0;
    const { writer } = clone;
    session.print(
      isNew ? `This clone records as writer ${writer}.\n` : `This clone records already, as writer ${writer}.\n`,
    );
    if (isEphemeral) session.print('It is a throw-away: a server folds what it pushes into the archive.\n');
    for (const path of prepared) session.print(`Created ${path}.\n`);
    for (const line of hooks) session.print(`${line}\n`);
    return 0;
  },
};

function requireOneWish(args: Arguments): void {
  if (!isSet(args, 'hooks') || !isSet(args, 'no-hooks')) return;
  throw new CmfError('usage', { message: '--hooks and --no-hooks exclude each other', hint: 'git cmf init -h' });
}

/** Only where somebody said so: a plain init leaves hooks as they are. Returns what to say. */
async function changeHooks(session: Session, context: Context, args: Arguments): Promise<string[]> {
  const isWanted = isSet(args, 'hooks');
  if (!isWanted && !isSet(args, 'no-hooks')) return [];
  const server = { ...context, server: session.server(context) };
  const { directory, hooks } = isWanted
    ? await installClientHooks(server, session.installation)
    : await removeClientHooks(server);
  return hooks.map((hook) => renderHook(directory, hook));
}
