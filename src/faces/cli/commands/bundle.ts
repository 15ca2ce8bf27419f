import { resolve } from 'node:path';
import { applyBundle } from '../../../app/bundle-apply.ts';
import { createBundle } from '../../../app/bundle-create.ts';
import { STANDARD_INPUT, withReceived, withSent } from '../../../app/bundle-stream.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { isSet, textOf, textsOf } from '../options.ts';
import { counted } from '../render/counted.ts';
import { unpinnedText } from '../render/purge.ts';
import type { Session } from '../session.ts';

/** As with git: the standard stream instead of a file. */
const STREAM = '-';

export const command: CommandModule = {
  usage: 'bundle create|apply FILE [--since BUNDLE] [-q]',
  description: `Carries records to and from a site that no network reaches.

  create    writes all that is known here into FILE: what was recorded, and
            what was learned from others; with --since only what came after
            an earlier bundle. It is a git bundle
  apply     checks every byte of FILE and unites it with what is known here;
            in a central repository, has it merged like a push. Doing it
            again changes nothing

FILE may be -: create then writes to standard output, apply reads standard input.`,
  takesOperands: true,
  build: (parser) =>
    parser
      .option('since', {
        type: 'string',
        requiresArg: true,
        describe: 'an earlier bundle, which whoever gets this one has applied',
      })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const [action, file, more] = textsOf(args, '_');
    if (action !== 'create' && action !== 'apply') {
      throw usage(action === undefined ? 'bundle takes create or apply' : `bundle cannot '${action}'`);
    }
    if (file === undefined || file === '' || more !== undefined) throw usage(`bundle ${action} takes one file`);
    if (action === 'create') return create(args, session, file);
    if (textOf(args, 'since') !== undefined) throw usage('--since goes with bundle create');
    return apply(args, session, file);
  },
};

async function create(args: Arguments, session: Session, file: string): Promise<number> {
  const context = await session.context();
  const since = textOf(args, 'since');
  const at = (path: string) => resolve(session.currentDirectory, path);
  const earlier = since === undefined ? undefined : at(since);
  const bundles = session.bundles(context);
  const make = (path: string) => createBundle(context, bundles, path, earlier);
  const isStream = file === STREAM;
  if (isStream && session.columns !== undefined) throw usage('a bundle is not for a terminal: bundle create - > FILE');
  const report = isStream ? await withSent(context, bundles, session.printBytes, make) : await make(at(file));
  if (report.partial > 0) {
    context.reporter.warn(
      `${counted(report.partial, 'pipeline')} that a pull brought alone left out: git cmf pull brings the rest`,
    );
  }
  if (isStream || isSet(args, 'quiet')) return 0;
  const what = `${counted(report.writers, 'writer')}${since === undefined ? '' : `, what came after ${since}`}`;
  session.print(`Wrote ${file}: ${what}.\n`);
  return 0;
}

async function apply(args: Arguments, session: Session, file: string): Promise<number> {
  const context = await session.context();
  const dependencies = { bundles: session.bundles(context), server: session.server(context) };
  const take = (path: string) => applyBundle(context, dependencies, path);
  const isStream = file === STREAM;
  const report = isStream
    ? await withReceived(context, dependencies.bundles, session.inputBytes(), take)
    : await take(resolve(session.currentDirectory, file));
  const name = isStream ? STANDARD_INPUT : file;
  for (const line of report.skipped) context.reporter.warn(`left out: ${line}`);
  for (const one of report.unpinned) context.reporter.warn(unpinnedText(one));
  if (!isSet(args, 'quiet')) {
    session.print(
      report.entries === 0
        ? `${name} has nothing that is not known here.\n`
        : `Learned ${counted(report.entries, 'record')} of ${counted(report.writers, 'other writer')} from ${name}.\n`,
    );
  }
  return report.skipped.length === 0 ? 0 : 5;
}

function usage(message: string): CmfError {
  return new CmfError('usage', { message, hint: 'git cmf bundle -h' });
}
