import { findThing } from '../../../app/find-thing.ts';
import { findPurged } from '../../../app/purged-records.ts';
import { readView } from '../../../app/read-state.ts';
import { artifactIndex } from '../../../domain/artifact-index.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { theOperand, withJson } from '../options.ts';
import { outputOf } from '../output.ts';
import { renderShow } from '../render/show.ts';
import { renderPurged } from '../render/show-purged.ts';

export const command: CommandModule = {
  usage: 'show X [--json]',
  description:
    'Shows one thing in full: an execution (the beginning of its id is enough), an artifact by path or digest, a use, a pipeline, or PIPELINE/STAGE; of a record that was purged, who purged it and why. A file that is there is recognised by its content.',
  takesOperands: true,
  build: (parser) => withJson(parser),
  run: async (args, session) => {
    const typed = theOperand(args, 'show');
    const context = await session.context();
    const view = await readView(context);
    const sources = { view, index: artifactIndex(view) };
    const asked = { typed, directory: session.currentDirectory };
    const output = await outputOf(args, session);
    const found = await findThing(context, session.files(context), sources, asked).catch(async (error: unknown) => {
      const gone = isNotFound(error) ? await findPurged(context, typed) : [];
      if (gone.length === 0) throw error;
      return gone;
    });
    await session.page('kind' in found ? renderShow(sources, found, output) : renderPurged(found, output));
    return 0;
  },
};

function isNotFound(error: unknown): boolean {
  return error instanceof CmfError && (error.code === 'not-found' || error.code === 'no-data');
}
