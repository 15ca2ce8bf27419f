import { chooseExecutionToSet } from '../../../app/choose-execution.ts';
import { openClone } from '../../../app/clone.ts';
import { logMetrics } from '../../../app/executions.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { executionChoice, integerOf, pairsOf, textsOf, withExecution } from '../options.ts';

export const command: CommandModule = {
  usage: 'log-metric [-e ID] [--step N] [--rank N] NAME=VALUE…',
  description:
    'Records metrics of an execution. Each call is durable when it returns and costs no git object; call it as often as there are steps.',
  takesOperands: true,
  build: (parser) =>
    withExecution(parser)
      .option('step', { type: 'string', requiresArg: true, describe: 'the step (epoch, batch…) the values belong to' })
      .option('rank', { type: 'string', requiresArg: true, describe: 'the process of a distributed run (default 0)' }),
  run: async (args, session) => {
    const clone = openClone(await session.context());
    const points = pairsOf('metric', textsOf(args, '_'));
    if (points.size === 0)
      throw new CmfError('usage', { message: 'no metric is given', hint: 'git cmf log-metric -h' });
    const rank = integerOf(args, 'rank') ?? 0;
    if (rank < 0) throw new CmfError('usage', { message: '--rank takes 0, 1, 2…' });
    const chosen = await chooseExecutionToSet(clone, executionChoice(args, session));
    await logMetrics(clone, chosen, points, { step: integerOf(args, 'step') ?? null, rank });
    return 0;
  },
};
