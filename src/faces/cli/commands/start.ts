import { beginWriting } from '../../../app/begin-writing.ts';
import { startExecution } from '../../../app/executions.ts';
import type { CommandModule } from '../command.ts';
import { pairsOf, textOf, textsOf } from '../options.ts';

export const command: CommandModule = {
  usage: 'start -p PIPELINE -s STAGE [--param NAME=VALUE]… [-- COMMAND…]',
  description:
    'Starts an execution of a stage and prints its id, and nothing else, on standard output. Code version and environment are recorded with it. What follows -- is recorded as its command; it is not run.',
  takesCommand: true,
  build: (parser) =>
    parser
      .option('pipeline', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'its pipeline',
      })
      .option('stage', { alias: 's', type: 'string', requiresArg: true, demandOption: true, describe: 'its stage' })
      .option('param', { type: 'string', array: true, nargs: 1, describe: 'a parameter; JSON if it parses, else text' })
      .option('param-string', { type: 'string', array: true, nargs: 1, describe: 'a parameter that is text' })
      .option('prop', { type: 'string', array: true, nargs: 1, describe: 'a property of the execution' }),
  run: async (args, session) => {
    const clone = await beginWriting(await session.context());
    const commandLine = textsOf(args, '--');
    const running = await startExecution(clone, {
      pipeline: textOf(args, 'pipeline') ?? '',
      stage: textOf(args, 'stage') ?? '',
      params: pairsOf('parameter', textsOf(args, 'param'), textsOf(args, 'param-string')),
      props: pairsOf('property', textsOf(args, 'prop')),
      ...(commandLine.length === 0 ? {} : { command: commandLine }),
    });
    session.print(`${running.execution}\n`);
    return 0;
  },
};
