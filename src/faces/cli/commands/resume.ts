import { beginWriting } from '../../../app/begin-writing.ts';
import { chooseKnownExecution } from '../../../app/choose-execution.ts';
import { resumeExecution } from '../../../app/executions.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { textsOf } from '../options.ts';

export const command: CommandModule = {
  usage: 'resume ID',
  description:
    'Goes on with an execution that was started here or elsewhere, in a new attempt, and prints its id. Code version and environment are recorded anew.',
  takesOperands: true,
  build: (parser) => parser,
  run: async (args, session) => {
    const [id, more] = textsOf(args, '_');
    if (id === undefined || more !== undefined) {
      throw new CmfError('usage', { message: 'resume takes one execution', hint: 'git cmf list executions' });
    }
    const clone = await beginWriting(await session.context());
    const running = await resumeExecution(clone, await chooseKnownExecution(clone, { execution: id }));
    session.print(`${running.execution}\n`);
    return 0;
  },
};
