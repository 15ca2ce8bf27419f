/**
 * Which execution a command means: `-e`, else CMF_EXECUTION, else the only one that runs in this work tree.
 */
import { CmfError } from '../domain/errors.ts';
import type { ExecutionView } from '../domain/execution-view.ts';
import { findExecution } from '../domain/find.ts';
import type { Target } from '../domain/prepare.ts';
import type { View } from '../domain/view.ts';
import type { Context } from './clone.ts';
import { readView } from './read-state.ts';
import { findRunning, isShared, listRunning, type Running } from './running.ts';

export type Chosen = {
  readonly target: Target;
  /** What the journal says of it. Read only where it was not started here: writing must stay cheap. */
  readonly view: ExecutionView | undefined;
};

export type ExecutionChoice = {
  /** `-e`: an id, or the beginning of one. */
  readonly execution?: string | undefined;
  /** The value of CMF_EXECUTION. */
  readonly fromEnvironment?: string | undefined;
};

/**
 * Chooses the execution.
 * @throws CmfError `usage` for an empty `-e`, `not-found`, or `ambiguous` with the list when several run here
 */
export async function chooseExecution(context: Context, choice: ExecutionChoice): Promise<Chosen> {
  if (choice.execution === '') {
    // Most often a shell variable that is not set; to take another execution instead would record in the wrong place.
    throw new CmfError('usage', {
      message: '-e names no execution: its value is empty',
      hint: 'git cmf list executions',
    });
  }
  const asked = choice.execution ?? choice.fromEnvironment;
  if (asked !== undefined && asked !== '') {
    const running = findRunning(context, asked);
    return running === undefined
      ? known(await readView(context), asked)
      : { target: targetOf(running), view: undefined };
  }
  const running = onlyRunning(context);
  context.reporter.note(`execution ${running.execution} (${running.pipeline}/${running.stage})`);
  return { target: targetOf(running), view: undefined };
}

/**
 * Like chooseExecution, for what may replace a value: where others have spoken of the execution too, with what the journal
 * says of it.
 */
export async function chooseExecutionToSet(context: Context, choice: ExecutionChoice): Promise<Chosen> {
  return withSharedView(context, await chooseExecution(context, choice));
}

/** The same execution; with what the journal says of it, where that was not read and others have spoken of it. */
export async function withSharedView(context: Context, chosen: Chosen): Promise<Chosen> {
  const { execution } = chosen.target;
  if (chosen.view !== undefined || !isShared(context, execution)) return chosen;
  return { target: chosen.target, view: findExecution(await readView(context), execution) };
}

/** Like chooseExecution, but with what the journal says of it. */
export async function chooseKnownExecution(context: Context, choice: ExecutionChoice): Promise<Chosen> {
  const { target } = await chooseExecution(context, choice);
  return known(await readView(context), target.execution);
}

function known(view: View, asked: string): Chosen {
  const execution = findExecution(view, asked);
  const { latest, id, pipeline } = execution;
  if (latest === undefined) {
    throw new CmfError('not-found', { message: `execution ${id} was never started`, hint: 'git cmf pull' });
  }
  return { target: { execution: id, attempt: latest.id, bucket: pipeline ?? '_' }, view: execution };
}

function targetOf({ execution, attempt, bucket }: Running): Target {
  return { execution, attempt, bucket };
}

function onlyRunning(context: Context): Running {
  const worktree = context.repository.layout.worktree ?? context.repository.layout.gitDir;
  const here = listRunning(context).filter((running) => running.worktree === worktree);
  const [only, another] = here;
  if (only === undefined) {
    throw new CmfError('not-found', {
      message: 'no execution is running in this work tree',
      hint: 'git cmf start -p PIPELINE -s STAGE',
    });
  }
  if (another === undefined) return only;
  const list = here.map(({ execution, pipeline, stage }) => `  ${execution}  ${pipeline}/${stage}`).join('\n');
  throw new CmfError('ambiguous', {
    message: `${here.length} executions are running in this work tree:\n${list}`,
    hint: 'name one with -e ID, or set CMF_EXECUTION',
  });
}
