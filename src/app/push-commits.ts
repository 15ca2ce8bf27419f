/** The commits that a push makes: where our journal and the remote's copy of it part, and where one step is not enough. */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { Oid, TreeChange } from '../ports/git.ts';
import { type Clone, type Context, ownJournal } from './clone.ts';
import { readPurges } from './control.ts';
import { checkJournalTree } from './journal-tree.ts';
import type { JournalFile } from './journal-walk.ts';
import { createPurger } from './purge-tree.ts';
import { missingPaths } from './unite-trees.ts';

/**
 * Fetches the remote's copy of our own journal, or of a former writer's, and checks every byte of it: a copied clone or a
 * restored backup may have pushed there, and so may anybody on a host without hooks.
 * @returns undefined when it is gone
 * @throws CmfError `refused`, `damaged` or `newer-format`; `conflict` when it holds what was purged here
 */
export async function fetchOwn(
  owner: Context & Pick<Clone, 'writer'>,
  { remote, ref }: { readonly remote: string; readonly ref: string },
  tip: Oid,
): Promise<Oid | undefined> {
  const { refs, objects, transport } = owner.repository;
  const landing = fetchedOf(owner);
  // A fetch that finds nothing must not leave what an earlier one found.
  const before = await refs.resolve(landing);
  if (before !== undefined) await refs.update([{ name: landing, expected: before, to: undefined }]);
  await transport.fetch(remote, [{ from: ref, to: landing }]).catch(passWhenGone);
  const theirs = await refs.resolve(landing);
  if (theirs === undefined) return undefined;
  const base = await objects.treeOf(tip);
  const tree = await objects.treeOf(theirs);
  const purger = createPurger((await readPurges(owner)).applied);
  await checkJournalTree(objects, { tree, writer: owner.writer, base, allowMissingFromBase: true }, purger.visit);
  if (purger.removed.length === 0) return theirs;
  await refs.update([{ name: landing, expected: theirs, to: undefined }]);
  throw stillThere(remote, ref);
}

/** The ref was there a moment ago: a server folds inboxes and deletes them. */
function passWhenGone(error: unknown): void {
  if (!(error instanceof CmfError && error.code === 'not-found')) throw error;
}

/** Uniting would bring back what was purged. Nobody is wrong here, so this writer goes on. */
function stillThere(url: string, ref: string): CmfError {
  const remote = remoteWithoutCredentials(url);
  return new CmfError('conflict', {
    message: `${ref} on ${remote} still holds records that were purged`,
    hint: `ask its admin for git cmf server purge; on a host without hooks: git push ${remote} --delete ${ref}, then git cmf push ${remote}`,
  });
}

/**
 * Puts what a commit of ours has and theirs lacks on top of theirs, path by path, in a commit that continues both. When it
 * is the tip, our journal moves there.
 * @returns undefined when somebody moved a ref first
 */
export async function uniteWith(clone: Clone, theirs: Oid, commit: Oid, tip: Oid): Promise<Oid | undefined> {
  const { refs, objects } = clone.repository;
  const changes = await missingPaths(objects, await objects.treeOf(theirs), await objects.treeOf(commit));
  if (commit !== tip) return commitTo(clone, landingOf(clone), { parents: [theirs, commit], changes });
  if (changes.length > 0) return commitTo(clone, ownJournal(clone), { parents: [theirs, commit], changes }, tip);
  const isMoved = await refs.update([{ name: ownJournal(clone), to: theirs, expected: tip }]);
  return isMoved ? theirs : undefined;
}

/**
 * A commit with some files more than the remote has; our journal does not move. The commit that holds all of them continues
 * both later.
 * @returns undefined when somebody moved a ref first
 */
export function commitPart(
  clone: Clone,
  theirs: Oid | undefined,
  files: readonly JournalFile[],
): Promise<Oid | undefined> {
  const changes = files.map(({ path, oid }): TreeChange => ({ path, oid, mode: '100644' }));
  return commitTo(clone, landingOf(clone), { parents: theirs === undefined ? [] : [theirs], changes });
}

/** Where the remote's copy of our journal lands. */
function fetchedOf({ writer }: Pick<Clone, 'writer'>): string {
  return `${REFS.incoming}theirs/${writer}`;
}

/** What is to go to the remote and is not our journal's tip. */
function landingOf(clone: Clone): string {
  return `${REFS.incoming}own/${clone.writer}`;
}

/** Makes a commit and moves a ref to it. It is made on a ref of its own: its tree may well be the one that we have. */
async function commitTo(
  clone: Clone,
  ref: string,
  what: { readonly parents: readonly Oid[]; readonly changes: readonly TreeChange[] },
  expected?: Oid,
): Promise<Oid | undefined> {
  const { refs, writer } = clone.repository;
  const temporary = `${REFS.temporary}${Buffer.from(clone.effects.randomBytes(8)).toString('hex')}`;
  const message = 'cmf: united with the remote\n';
  const timeSeconds = Math.floor(clone.effects.nowMs() / 1000);
  const result = await writer.commit({ ref: temporary, expected: undefined, ...what, message, timeSeconds });
  if (result.kind !== 'moved') return undefined;
  const before = expected ?? (await refs.resolve(ref));
  const isMoved = await refs.update([{ name: ref, to: result.commit, expected: before }]);
  await refs.update([{ name: temporary, to: undefined, expected: result.commit }]);
  return isMoved ? result.commit : undefined;
}
