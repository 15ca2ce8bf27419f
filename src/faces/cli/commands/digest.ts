import { digestOf } from '../../../app/digest.ts';
import { findPipeline } from '../../../app/find-pipeline.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textOf, withJson } from '../options.ts';
import { renderDigest, renderDigestJson } from '../render/digest.ts';

export const command: CommandModule = {
  usage: 'digest [-p PIPELINE] [--json]',
  description:
    'Prints a hash of all entries that are known here and one of the view they give. Two clones that print the same know the same. Where something is missing (a partial pull, a writer of a newer format) it says partial and exits 1.',
  build: (parser) =>
    withJson(parser).option('pipeline', {
      alias: 'p',
      type: 'string',
      requiresArg: true,
      describe: 'only this pipeline',
    }),
  run: async (args, session) => {
    const context = await session.context();
    const name = textOf(args, 'pipeline');
    const report = await digestOf(context, name === undefined ? undefined : await findPipeline(context, name));
    session.print(isSet(args, 'json') ? renderDigestJson(report) : renderDigest(report));
    return report.partial.length === 0 ? 0 : 1;
  },
};
