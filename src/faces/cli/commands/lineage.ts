import { findThing } from '../../../app/find-thing.ts';
import { readView } from '../../../app/read-state.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { Found } from '../../../domain/find.ts';
import { type LineageStart, lineage, lineageSources } from '../../../domain/lineage.ts';
import type { LineageDirection } from '../../../domain/lineage-graph.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { countOf, isSet, textOf, theOperand, withJson } from '../options.ts';
import { outputOf } from '../output.ts';
import { LINEAGE_FORMATS, type LineageFormat, renderLineage } from '../render/lineage.ts';

export const command: CommandModule = {
  usage: `lineage X [--up] [--down] [--depth N] [--format ${LINEAGE_FORMATS.join('|')}] [--json]`,
  description:
    'Shows what an artifact or an execution was made from (--up) and what was made of it (--down); both, if neither is given. X is what git cmf show takes. Follows what was said to come from where; where nobody said so, equal content, and such steps are marked.',
  takesOperands: true,
  build: (parser) =>
    withJson(
      parser
        .option('up', { type: 'boolean', describe: 'what it was made from' })
        .option('down', { type: 'boolean', describe: 'what was made of it' })
        .option('depth', { type: 'string', requiresArg: true, describe: 'at most so many executions deep' })
        .option('format', {
          choices: LINEAGE_FORMATS,
          requiresArg: true,
          describe: 'dot is for Graphviz, mermaid for Markdown',
        }),
    ),
  run: async (args, session) => {
    const typed = theOperand(args, 'lineage');
    const depthMax = countOf(args, 'depth');
    const context = await session.context();
    const sources = lineageSources(await readView(context));
    const asked = { typed, directory: session.currentDirectory };
    const start = startOf(await findThing(context, session.files(context), sources, asked), typed);
    const options = { directions: directionsOf(args), ...(depthMax === undefined ? {} : { depthMax }) };
    const { style } = await outputOf(args, session);
    const format = isSet(args, 'json') ? 'json' : ((textOf(args, 'format') ?? 'text') as LineageFormat);
    await session.page(renderLineage(sources.view, lineage(sources, start, options), { format, style }));
    return 0;
  },
};

function directionsOf(args: Arguments): LineageDirection[] {
  const directions = (['up', 'down'] as const).filter((direction) => isSet(args, direction));
  return directions.length === 0 ? ['up', 'down'] : directions;
}

function startOf(found: Found, typed: string): LineageStart {
  switch (found.kind) {
    case 'artifact':
    case 'execution':
    case 'use':
      return found;
    case 'pipeline':
    case 'stage':
      throw new CmfError('usage', {
        message: `'${typed}' is a ${found.kind}; lineage begins with an artifact or an execution`,
        hint: `git cmf list ${found.kind === 'pipeline' ? `executions -p ${typed}` : 'executions'}`,
      });
  }
}
