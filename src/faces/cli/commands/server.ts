import { resolve } from 'node:path';
import type { Context } from '../../../app/clone.ts';
import { runMergeWorker } from '../../../app/merge-worker.ts';
import { purgeEntries } from '../../../app/purge-entries.ts';
import { installServer, requireServer, uninstallServer } from '../../../app/server.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textOf, textsOf } from '../options.ts';
import { renderPurge } from '../render/purge.ts';
import { renderMerge, renderServer } from '../render/server.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'server install|uninstall|merge|purge [ID…] [PATH] [--reason TEXT] [--shared-hooks] [-q]',
  description: `Makes a bare repository (PATH, else the one here) a central one.

  install    puts the hooks pre-receive and post-receive into it, beside hooks
             that are there, and keeps clients from writing the merged refs;
             doing it again brings them up to date
  uninstall  takes both out, and the merged refs, which would hide what is
             pushed later; all records stay
  merge      merges what its journals hold, as the hook does after each push
  purge      takes records (ID… as git cmf log shows them) out of it for ever,
             signed, with --reason; clones that pin its key follow`,
  takesOperands: true,
  build: (parser) =>
    parser
      .option('shared-hooks', {
        type: 'boolean',
        describe: 'install or uninstall also where core.hooksPath leads out of the repository',
      })
      .option('reason', { type: 'string', requiresArg: true, describe: 'with purge: why; every clone shows it' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const { action, ids, path } = readOperands(textsOf(args, '_'));
    const reason = textOf(args, 'reason');
    if ((action === 'purge') !== (reason !== undefined)) throw reasonMisplaced(action);
    const context = await openCentral(session, action, path);
    const say = isSet(args, 'quiet') ? () => undefined : session.print;
    const server = { ...context, server: session.server(context) };
    if (action === 'merge' || action === 'purge') await requireServer(server);
    if (action === 'install')
      say(renderServer(await installServer(server, session.installation, isSet(args, 'shared-hooks'))));
    else if (action === 'uninstall') say(renderServer(await uninstallServer(server, isSet(args, 'shared-hooks'))));
    else if (action === 'purge') say(renderPurge(await purgeEntries(server, ids, reason ?? '')));
    else say(renderMerge(await runMergeWorker(context, { isForced: true })));
    return 0;
  },
};

const ACTIONS = ['install', 'uninstall', 'merge', 'purge'] as const;
type Action = (typeof ACTIONS)[number];
type Operands = { readonly action: Action; readonly ids: readonly string[]; readonly path: string | undefined };

/** What is all hex digits, and no path, names a record. */
function readOperands([word, ...rest]: readonly string[]): Operands {
  const action = ACTIONS.find((one) => one === word);
  if (action === undefined) {
    throw new CmfError('usage', {
      message: word === undefined ? 'server takes install, uninstall, merge or purge' : `server cannot '${word}'`,
      hint: 'git cmf server -h',
    });
  }
  const ids = action === 'purge' ? rest.filter((one) => /^[0-9a-f]+$/i.test(one)) : [];
  const [path, more] = rest.filter((one) => !ids.includes(one));
  if (more !== undefined) throw new CmfError('usage', { message: 'one repository at a time' });
  if (action === 'purge' && ids.length === 0) {
    throw new CmfError('usage', { message: 'purge needs the ids of records', hint: 'git cmf log' });
  }
  return { action, ids, path };
}

function reasonMisplaced(action: Action): CmfError {
  return action === 'purge'
    ? new CmfError('usage', {
        message: 'purge needs --reason TEXT; every clone will show it',
        hint: "git cmf server purge ID --reason 'a customer asked for it'",
      })
    : new CmfError('usage', { message: '--reason belongs to purge', hint: 'git cmf server -h' });
}

async function openCentral(session: Session, action: Action, path: string | undefined): Promise<Context> {
  const context =
    path === undefined ? await session.context() : await session.contextAt(resolve(session.currentDirectory, path));
  const { worktree } = context.repository.layout;
  if (worktree === undefined || action === 'uninstall') return context;
  throw new CmfError('refused', {
    message: `${worktree} is a work tree; a central repository is a bare one`,
    hint: 'git init --bare PATH, or git clone --bare',
  });
}
