/** An execution that one process speaks of again and again. */
import { type Chosen, withSharedView } from './choose-execution.ts';
import type { Context } from './clone.ts';
import { sharedMark } from './running.ts';

/** The execution as it is now: at once, unless the journal must be read for it. */
export type Followed = () => Chosen | Promise<Chosen>;

/** How long a look at the mark holds, in milliseconds: a training loop asks thousands of times in that. */
const LOOK_MS = 50;

/**
 * Follows an execution: what the journal says of it is read again only after a pull that may have brought something, within
 * LOOK_MS of it. Answers come in the order in which they were asked for.
 */
export function followExecution(context: Context, first: Chosen): Followed {
  const { target } = first;
  let current: Chosen | Promise<Chosen> = first;
  let seen: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = context.effects.nowMs();
    if (Math.abs(nowMs - lookedMs) < LOOK_MS) return current;
    lookedMs = nowMs;
    const mark = sharedMark(context, target.execution);
    if (mark === undefined || mark === seen) return current;
    seen = mark;
    const before = Promise.resolve(current).catch(() => undefined);
    current = before.then(() => withSharedView(context, { target, view: undefined }));
    current.catch(() => {
      seen = undefined;
    });
    return current;
  };
}
