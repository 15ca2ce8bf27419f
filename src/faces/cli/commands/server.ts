import { resolve } from 'node:path';
import type { Context } from '../../../app/clone.ts';
import { runMergeWorker } from '../../../app/merge-worker.ts';
import { installServer, uninstallServer } from '../../../app/server.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textsOf } from '../options.ts';
import { renderMerge, renderServer } from '../render/server.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'server install|uninstall|merge [PATH] [--shared-hooks] [-q]',
  description: `Makes a bare repository (PATH, else the one here) a central one.

  install    puts the hooks pre-receive and post-receive into it, beside hooks
             that are there, and keeps clients from writing the merged refs;
             doing it again brings them up to date
  uninstall  takes both out; records and merged refs stay
  merge      merges what its journals hold, as the hook does after each push`,
  takesOperands: true,
  build: (parser) =>
    parser
      .option('shared-hooks', {
        type: 'boolean',
        describe: 'install also where core.hooksPath leads out of the repository',
      })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const [action, path, more] = textsOf(args, '_');
    if (more !== undefined) throw new CmfError('usage', { message: 'one repository at a time' });
    const context = await openCentral(session, action, path);
    const say = isSet(args, 'quiet') ? () => undefined : session.print;
    const server = { ...context, server: session.server(context) };
    if (action === 'install')
      say(renderServer(await installServer(server, session.installation, isSet(args, 'shared-hooks'))));
    else if (action === 'uninstall') say(renderServer(await uninstallServer(server)));
    else say(await merge(context));
    return 0;
  },
};

async function openCentral(session: Session, action: string | undefined, path: string | undefined): Promise<Context> {
  if (action !== 'install' && action !== 'uninstall' && action !== 'merge') {
    throw new CmfError('usage', {
      message: action === undefined ? 'server takes install, uninstall or merge' : `server cannot '${action}'`,
      hint: 'git cmf server -h',
    });
  }
  const context =
    path === undefined ? await session.context() : await session.contextAt(resolve(session.currentDirectory, path));
  const { worktree } = context.repository.layout;
  if (worktree === undefined || action === 'uninstall') return context;
  throw new CmfError('refused', {
    message: `${worktree} is a work tree; a central repository is a bare one`,
    hint: 'git init --bare PATH, or git clone --bare',
  });
}

async function merge(context: Context): Promise<string> {
  return renderMerge(await runMergeWorker(context, { purged: new Set(), isForced: true }));
}
