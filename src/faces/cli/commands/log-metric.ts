import { beginWriting } from '../../../app/begin-writing.ts';
import { chooseExecutionToSet } from '../../../app/choose-execution.ts';
import { logMetrics } from '../../../app/executions.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { countOf, executionChoice, pairsOf, textsOf, withExecution } from '../options.ts';

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
    const clone = await beginWriting(await session.context());
    const points = pairsOf('metric', textsOf(args, '_'));
    if (points.size === 0)
      throw new CmfError('usage', { message: 'no metric is given', hint: 'git cmf log-metric -h' });
    const place = { step: countOf(args, 'step') ?? null, rank: countOf(args, 'rank') ?? 0 };
    const chosen = await chooseExecutionToSet(clone, executionChoice(args, session));
    await logMetrics(clone, chosen, points, place);
    return 0;
  },
};
