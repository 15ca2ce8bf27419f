/** Notes after a purge: written from what is left, and their history, which may quote what is gone, let go. */
import { REFS } from '../domain/ids.ts';
import type { Context } from './clone.ts';
import { refreshNotes } from './notes.ts';
import { restartRef } from './restart-ref.ts';

const TRIES_MAX = 20;

/**
 * Refreshes refs/notes/cmf and restarts it. Notes that somebody else wrote stay. Derived: whoever moves them meanwhile
 * has read the purge too, or comes here next.
 */
export async function restartNotes(context: Context): Promise<void> {
  await refreshNotes(context);
  const { refs, objects } = context.repository;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await refs.resolve(REFS.notes);
    if (expected === undefined) return;
    const timeSeconds = Math.floor(context.effects.nowMs() / 1000);
    const tree = await objects.treeOf(expected);
    if (await restartRef(context.repository, { ref: REFS.notes, expected, tree, timeSeconds })) return;
  }
}
