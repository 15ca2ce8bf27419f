import { resolve } from 'node:path';
import { addArtifacts } from '../../../app/artifact-add.ts';
import { checkoutArtifacts } from '../../../app/artifact-checkout.ts';
import { findOuts } from '../../../app/artifact-outs.ts';
import { artifactStatus } from '../../../app/artifact-state.ts';
import { verifyCache } from '../../../app/artifact-verify.ts';
import { CmfError } from '../../../domain/errors.ts';
import { valueFromText } from '../../../domain/value.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { isSet, textOf, textsOf, withJson } from '../options.ts';
import { outputOf } from '../output.ts';
import {
  renderAdded,
  renderArtifactList,
  renderArtifactStatus,
  renderCheckedOut,
  renderVerified,
} from '../render/artifact.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'artifact add|status|list|checkout|verify [PATH…] [--force] [--to DIR] [--json]',
  description: `Keeps files and folders in DVC's cache, and brings them back. DVC reads and writes the same.

  add       hashes PATH…, keeps the bytes, writes PATH.dvc and a line in
            .gitignore; what did not change costs a look; nothing is recorded
  status    compares the work tree and the cache with the pointers
  list      what the pointers name
  checkout  makes the work tree, or DIR, hold what the pointers name; what is
            changed and not in the cache stays, unless --force gives it up
  verify    hashes the objects of the cache again

PATH is an artifact, its pointer, or a folder with some in it; all unless given.`,
  takesOperands: true,
  build: (parser) =>
    withJson(parser)
      .option('force', { type: 'boolean', describe: 'with checkout: overwrite also what is not in the cache' })
      .option('to', {
        type: 'string',
        requiresArg: true,
        describe: 'with checkout: a folder instead of the work tree',
      }),
  run: async (args, session) => {
    const { action, paths } = operandsOf(args, session);
    if (action !== 'checkout' && (isSet(args, 'force') || textOf(args, 'to') !== undefined)) {
      throw new CmfError('usage', { message: '--force and --to belong to checkout', hint: 'git cmf artifact -h' });
    }
    return ACTIONS[action](paths, args, session);
  },
};

type Action = (paths: readonly string[], args: Arguments, session: Session) => Promise<number>;

const ACTIONS = {
  add: async (paths, args, session) => {
    if (paths.length === 0)
      throw new CmfError('usage', { message: 'say what to add', hint: 'git cmf artifact add PATH' });
    const context = await session.context();
    const added = await addArtifacts(context, session.files(context), paths);
    session.print(renderAdded(added, isSet(args, 'json')));
    return 0;
  },
  status: async (paths, args, session) => {
    const context = await session.context();
    const files = session.files(context);
    const statuses = await artifactStatus(context, files, await findOuts(context, files, paths));
    await session.page(renderArtifactStatus(statuses, await outputOf(args, session)));
    return 0;
  },
  list: async (paths, args, session) => {
    const context = await session.context();
    const outs = await findOuts(context, session.files(context), paths);
    await session.page(renderArtifactList(outs, await outputOf(args, session)));
    return 0;
  },
  checkout: async (paths, args, session) => {
    const context = await session.context();
    const files = session.files(context);
    const to = textOf(args, 'to');
    const done = await checkoutArtifacts(context, files, await findOuts(context, files, paths), {
      force: isSet(args, 'force'),
      ...(to === undefined ? {} : { to: resolve(session.currentDirectory, to) }),
    });
    session.print(renderCheckedOut(done, isSet(args, 'json')));
    const lacking = done.filter(({ absent }) => absent > 0);
    if (lacking.length === 0) return 0;
    throw new CmfError('not-found', {
      message: `not in the cache, so not checked out: ${lacking.map(({ path }) => path).join(', ')}`,
      hint: 'get them from where the team keeps its data: dvc fetch',
    });
  },
  verify: async (paths, args, session) => {
    const context = await session.context();
    const files = session.files(context);
    const outs = paths.length === 0 ? undefined : await findOuts(context, files, paths);
    const report = await verifyCache(context, files, outs);
    session.print(renderVerified(report, isSet(args, 'json')));
    return report.bad.length === 0 ? 0 : 1;
  },
} satisfies Record<string, Action>;

function operandsOf(args: Arguments, session: Session) {
  const [word, ...paths] = textsOf(args, '_');
  for (const path of paths) valueFromText(path);
  const action = Object.keys(ACTIONS).find((name): name is keyof typeof ACTIONS => name === word);
  if (action !== undefined) return { action, paths: paths.map((path) => resolve(session.currentDirectory, path)) };
  throw new CmfError('usage', {
    message:
      word === undefined
        ? 'artifact takes add, status, list, checkout or verify'
        : `artifact cannot '${word}'; it takes add, status, list, checkout or verify`,
    hint: 'git cmf artifact -h',
  });
}
