import { beginWriting } from '../../../app/begin-writing.ts';
import { chooseExecutionToSet } from '../../../app/choose-execution.ts';
import { setFields } from '../../../app/executions.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { executionChoice, pairsOf, textsOf, withExecution } from '../options.ts';

export const command: CommandModule = {
  usage: 'log-param [-e ID] NAME=VALUE…',
  description:
    'Records parameters of an execution. VALUE is JSON if it parses, or a bare nan or inf, else text; --param-string forces text. Recording a parameter again replaces its value.',
  takesOperands: true,
  build: (parser) =>
    withExecution(parser).option('param-string', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'NAME=VALUE whose value is text',
    }),
  run: async (args, session) => {
    const clone = await beginWriting(await session.context());
    const params = pairsOf('parameter', textsOf(args, '_'), textsOf(args, 'param-string'));
    if (params.size === 0)
      throw new CmfError('usage', { message: 'no parameter is given', hint: 'git cmf log-param -h' });
    await setFields(clone, await chooseExecutionToSet(clone, executionChoice(args, session)), { params });
    return 0;
  },
};
