/** Notes after a purge: written from what is left, and their history, which may quote what is gone, let go. */
import { REFS } from '../domain/ids.ts';
import type { GitRepository, Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { refreshNotes } from './notes.ts';
import { treeContents } from './restart-ref.ts';

const TRIES_MAX = 20;

/**
 * Refreshes refs/notes/cmf and restarts it. Notes that somebody else wrote stay. The ref is deleted and made again, since
 * git keeps a log of what notes were, which goes with the ref; meanwhile another ref holds them.
 */
export async function restartNotes(context: Context): Promise<void> {
  await refreshNotes(context);
  const { repository, effects } = context;
  const temporary = `${REFS.temporary}${Buffer.from(effects.randomBytes(8)).toString('hex')}`;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await repository.refs.resolve(REFS.notes);
    if (expected === undefined) return;
    const commit = await copyTo(repository, temporary, expected, Math.floor(effects.nowMs() / 1000));
    if (commit === undefined) return;
    const isOurs = await repository.refs.update([{ name: REFS.notes, expected, to: undefined }]);
    if (isOurs) await repository.refs.update([{ name: REFS.notes, expected: undefined, to: commit }]);
    await repository.refs.update([{ name: temporary, expected: commit, to: undefined }]);
    if (isOurs) return;
  }
}

/** A commit with the same tree and without history, held by a ref of its own. */
async function copyTo(
  { objects, writer }: GitRepository,
  ref: string,
  from: Oid,
  timeSeconds: number,
): Promise<Oid | undefined> {
  const changes = await treeContents(objects, await objects.treeOf(from));
  const message = "Notes added by 'git cmf'\n";
  const result = await writer.commit({ ref, expected: undefined, parents: [], changes, message, timeSeconds });
  return result.kind === 'moved' ? result.commit : undefined;
}
