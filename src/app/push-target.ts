/** Where on a remote this clone's journal goes. */
import { REFS } from '../domain/ids.ts';
import { type Clone, ownJournal } from './clone.ts';

/**
 * The remote's ref for this clone's journal. A throw-away clone (`cmf.ephemeral`) leaves its records in the inbox: the
 * server folds them into its archive, so that no ref stays behind for every job that ever ran.
 */
export async function pushTarget(clone: Clone): Promise<string> {
  const isEphemeral = /^(?:true|yes|on|1)$/i.test((await clone.repository.worktree.config('cmf.ephemeral')) ?? '');
  return isEphemeral ? REFS.inbox + clone.writer : ownJournal(clone);
}
