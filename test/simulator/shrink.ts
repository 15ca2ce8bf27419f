/** Fewer steps that still fail. */
import { type Ending, liveHistory, type Plan } from './history.ts';

export type Shrunk = { readonly without: ReadonlySet<number>; readonly ending: Ending };

/** Leaves out each step in turn, for good where the history fails without it too. */
export async function shrink(plan: Plan): Promise<Shrunk> {
  let without: ReadonlySet<number> = plan.without ?? new Set();
  let ending = await liveHistory({ ...plan, without });
  if (ending.violation === undefined) return { without, ending };
  for (let i = plan.steps - 1; i >= 0; i--) {
    const fewer = new Set([...without, i]);
    const again = await liveHistory({ ...plan, without: fewer });
    if (again.violation === undefined) continue;
    without = fewer;
    ending = again;
  }
  return { without, ending };
}
