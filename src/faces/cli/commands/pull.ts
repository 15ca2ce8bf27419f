import { findPipeline } from '../../../app/find-pipeline.ts';
import { pull } from '../../../app/pull.ts';
import { chooseRemote } from '../../../app/remote.ts';
import { CmfError } from '../../../domain/errors.ts';
import { remoteWithoutCredentials } from '../../../domain/without-credentials.ts';
import { artifactOptions } from '../artifact-options.ts';
import type { CommandModule } from '../command.ts';
import { fetchArtifacts } from '../move-artifacts.ts';
import { isSet, textOf, textsOf, withLimit, withStorage } from '../options.ts';
import { counted } from '../render/counted.ts';
import { unpinnedText } from '../render/purge.ts';

export const command: CommandModule = {
  usage: 'pull [REMOTE|URL] [-p PIPELINE] [--artifacts [--storage NAME] [--limit SIZE]]',
  description:
    'Learns what others recorded: fetches, checks every byte, and unites it with what is known here. Branches and files are not touched. With -p only one pipeline is transferred, where the remote merges. With --artifacts then also, as git cmf artifact pull does, what the pointers of the work tree name.',
  takesOperands: true,
  build: (parser) =>
    withLimit(withStorage(parser))
      .option('artifacts', { type: 'boolean', describe: 'then get the artifacts of this work tree, too' })
      .option('pipeline', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe: 'only this pipeline (name or id)',
      })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const moving = artifactOptions(args);
    const context = await session.context();
    const remote = await chooseRemote(context, textsOf(args, '_'));
    const shown = remoteWithoutCredentials(remote);
    const name = textOf(args, 'pipeline');
    const pipeline = name === undefined ? undefined : await findPipeline(context, name);
    const report = await pull(context, remote, pipeline).catch((error: unknown) => {
      throw asTyped(error, remote, name);
    });
    for (const line of report.skipped) context.reporter.warn(`left out: ${line}`);
    if (!report.narrowed) context.reporter.warn(`${shown} does not merge, so all pipelines were fetched`);
    for (const one of report.unpinned) context.reporter.warn(unpinnedText(one));
    if (report.restarted.length > 0) {
      context.reporter.note('took purged records out of this clone; git gc --prune=now lets their bytes go');
    }
    if (!isSet(args, 'quiet')) {
      session.print(
        report.entries === 0
          ? `${shown} has nothing that is not known here.\n`
          : `Learned ${counted(report.entries, 'record')} of ${counted(report.writers, 'other writer')} from ${shown}.\n`,
      );
    }
    if (moving !== undefined) {
      await fetchArtifacts(session, { kind: 'pointers', paths: [] }, { ...moving, checksOut: true, force: false });
    }
    return report.skipped.length === 0 ? 0 : 5;
  },
};

/** The pipeline that was not found, by the name that was typed instead of its id. */
function asTyped(error: unknown, remote: string, name: string | undefined): unknown {
  if (name === undefined || !(error instanceof CmfError) || error.code !== 'not-found') return error;
  return new CmfError('not-found', {
    message: `${remote} has no pipeline '${name}'`,
    hint: `git cmf pull ${remote} && git cmf list pipelines`,
  });
}
