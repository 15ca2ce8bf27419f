import { REFS } from '../domain/ids.ts';
import type { RefUpdate } from '../ports/git.ts';
import { type Context, stateDirectory } from './clone.ts';
import { withLock } from './lock.ts';
import { forgetWanted } from './merge-worker.ts';

/**
 * Takes back what was merged, which is derived: who pulls reads the journals, the inbox and the archive instead. Waits for a
 * worker that runs, and leaves nothing wanted, so that none makes it anew.
 * @returns the refs that are gone
 */
export async function dropMerged(context: Context): Promise<readonly string[]> {
  const { refs } = context.repository;
  if ((await refs.list([REFS.merged])).length === 0) return [];
  context.disk.makeDirectory(`${stateDirectory(context)}/lock`);
  const gone = await withLock(context, 'merge', true, async () => {
    forgetWanted(context);
    const merged = await refs.list([REFS.merged]);
    const updates = merged.map(({ name, oid }): RefUpdate => ({ name, expected: oid, to: undefined }));
    return (await refs.update(updates)) ? updates.map(({ name }) => name) : [];
  });
  return gone ?? [];
}
