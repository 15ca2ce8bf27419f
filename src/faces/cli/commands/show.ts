import { findThing } from '../../../app/find-thing.ts';
import { readView } from '../../../app/read-state.ts';
import { artifactIndex } from '../../../domain/artifact-index.ts';
import type { CommandModule } from '../command.ts';
import { theOperand, withJson } from '../options.ts';
import { outputOf } from '../output.ts';
import { renderShow } from '../render/show.ts';

export const command: CommandModule = {
  usage: 'show X [--json]',
  description:
    'Shows one thing in full: an execution (the beginning of its id is enough), an artifact by path or digest, a use, a pipeline, or PIPELINE/STAGE. A file that is there is recognised by its content.',
  takesOperands: true,
  build: (parser) => withJson(parser),
  run: async (args, session) => {
    const typed = theOperand(args, 'show');
    const context = await session.context();
    const view = await readView(context);
    const sources = { view, index: artifactIndex(view) };
    const asked = { typed, directory: session.currentDirectory };
    const found = await findThing(context, session.files(context), sources, asked);
    await session.page(renderShow(sources, found, await outputOf(args, session)));
    return 0;
  },
};
