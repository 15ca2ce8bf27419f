/**
 * Whose turn it is to make notes. Making them may take long, so nobody waits for it: who finds another process at work leaves
 * word, and that one looks again before it ends.
 *
 *     <common git dir>/cmf/notes-wanted     something was merged that the notes may lack; removed before they are made
 *
 * A hint: where a process is killed with it, the next one that merges makes them.
 */
import { type Context, stateDirectory } from './clone.ts';
import { withLock } from './lock.ts';

/**
 * Makes them until nothing is wanted any more, or leaves that to the process that is at it.
 * @param wait true: waits for that process, and makes them in any case
 */
export async function takeNotesTurn(context: Context, wait: boolean, make: () => Promise<unknown>): Promise<void> {
  const { disk } = context;
  const wanted = `${stateDirectory(context)}/notes-wanted`;
  const isWanted = () => disk.stat(wanted) !== undefined;
  const work = async () => {
    do {
      disk.remove(wanted);
      await make();
    } while (isWanted());
    return true;
  };
  disk.writeHint(wanted, '');
  // Word that is left between the last look and the end of the lock found the lock taken: so one more look without it.
  do {
    if ((await withLock(context, 'notes', wait, work)) === undefined) return;
  } while (isWanted());
}
