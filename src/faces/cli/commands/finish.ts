import { beginWriting } from '../../../app/begin-writing.ts';
import { chooseExecutionToSet } from '../../../app/choose-execution.ts';
import { finishExecution } from '../../../app/executions.ts';
import type { EndStatus } from '../../../domain/operation.ts';
import type { CommandModule } from '../command.ts';
import { executionChoice, integerOf, textOf, withExecution } from '../options.ts';

export const command: CommandModule = {
  usage: 'finish [-e ID] [--status succeeded|failed|aborted] [--exit-code N]',
  description: 'Ends an execution and writes what was recorded into the journal in git.',
  build: (parser) =>
    withExecution(parser)
      .option('status', { choices: ['succeeded', 'failed', 'aborted'], default: 'succeeded', describe: 'how it ended' })
      .option('exit-code', { type: 'string', requiresArg: true, describe: 'the exit status of its command' }),
  run: async (args, session) => {
    const clone = await beginWriting(await session.context());
    const exitCode = integerOf(args, 'exit-code');
    const status = (textOf(args, 'status') ?? 'succeeded') as EndStatus;
    const chosen = await chooseExecutionToSet(clone, executionChoice(args, session));
    await finishExecution(clone, chosen, { status, ...(exitCode === undefined ? {} : { exitCode }) });
    return 0;
  },
};
