/** What the processes of a host do. */
import { isWanted, runMergeWorker } from '../../src/app/merge-worker.ts';
import type { Host } from './host.ts';
import type { World } from './world.ts';

/** The worker that a push starts, or an admin's `git cmf server merge`; it may die. */
export async function merge(world: World, host: Host, mayDie = true): Promise<void> {
  const { chance } = world;
  const { machine, hasHooks } = host;
  if (!hasHooks || machine.depth > 0) return;
  if (mayDie && chance.happens(0.1)) machine.gitCallsLeft = chance.below(8);
  const isForced = chance.happens(0.2);
  await world.run(machine, 'merge', async (context) => {
    if (isForced || isWanted(context)) await runMergeWorker(context, { isForced });
  });
  machine.gitCallsLeft = undefined;
}
