/** Which objects of the cache something needs: an entry of the journal, a pointer of any commit, an index or a work tree. */
import { basename, resolve } from 'node:path';
import { createDigestSet, type DigestSet } from '../domain/digest-set.ts';
import { digestsInText } from '../domain/dvc-digests.ts';
import { CmfError } from '../domain/errors.ts';
import { isOwnRef } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { DVC_ENDINGS, type DvcListing, filesOf, isDvcFile, openListingReader } from './dvc-listing.ts';
import { readState } from './read-state.ts';
import type { Files } from './track.ts';

/** What is needed, without the files of folders. */
export type Needed = {
  readonly all: DigestSet;
  /** What the work trees need as they are. */
  readonly now: DigestSet;
};

/** @throws CmfError `refused` when a part of the journal, or a work tree, cannot be read: what it needs is not known */
export async function neededDigests(context: Context, files: Files): Promise<Needed> {
  const all = createDigestSet();
  await addJournal(context, all);
  await addCommits(context, all);
  await addIndexes(context, all);
  const now = await worktreeDigests(context, files);
  for (const digest of now.values()) all.add(digest);
  return { all, now };
}

/** Every entry counts, also one that was taken back: what somebody recorded may be looked at again. */
async function addJournal(context: Context, needed: DigestSet): Promise<void> {
  const { state, missing } = await readState(context);
  const unreadable = missing.find(({ isUnreadable }) => isUnreadable);
  if (unreadable !== undefined) {
    throw new CmfError('refused', {
      message: `nothing is removed while a part of the journal cannot be read: ${unreadable.reason}`,
      hint: 'git cmf fsck',
    });
  }
  for (const { operation } of state.entries.values()) {
    if (operation.kind === 'use') for (const digest of operation.digests) needed.add(digest);
  }
}

/** The pointers of every commit that a ref, the HEAD of a work tree or a reflog reaches. */
async function addCommits(context: Context, needed: DigestSet): Promise<void> {
  const { repository, reporter } = context;
  const refs = (await repository.refs.list(['refs/'])).filter(({ name }) => !isOwnRef(name));
  const logged = await repository.refs.reflogCommits();
  const tips = new Set([...refs.map(({ oid }) => oid), ...(await headsOf(context)), ...logged]);
  const reader = openListingReader(repository.objects);
  const listings = new Set<DvcListing>();
  const blobs = new Set<Oid>();
  let commits = 0;
  for await (const { tree } of repository.refs.history([...tips])) {
    if (++commits % 1000 === 0) reporter.progress(`pointers of ${commits} commits`);
    const listing = await reader.read(tree);
    if (listings.has(listing)) continue;
    listings.add(listing);
    const named = new Set(filesOf(listing).map(({ oid }) => oid));
    await addBlobs(
      context,
      [...named].filter((oid) => !blobs.has(oid)),
      needed,
    );
    for (const oid of named) blobs.add(oid);
  }
  if (commits >= 1000) reporter.progress('');
}

/** HEAD of every work tree, however git stores refs. */
async function headsOf(context: Context): Promise<Oid[]> {
  const { repository } = context;
  const linked = linkedWorktrees(context).map((name) => `worktrees/${name}/HEAD`);
  const heads = ['HEAD', 'main-worktree/HEAD', ...linked].map((revision) => repository.refs.commitOf(revision));
  return (await Promise.all(heads)).filter((oid): oid is Oid => oid !== undefined);
}

/** What somebody staged and may have no other trace of: in the index of every work tree, also one that is away. */
export async function addIndexes(context: Context, needed: DigestSet): Promise<void> {
  const { repository } = context;
  const { gitDir, commonDir } = repository.layout;
  const folders = [gitDir, commonDir, ...linkedWorktrees(context).map((name) => `${commonDir}/worktrees/${name}`)];
  const blobs = new Set<Oid>();
  for (const folder of new Set(folders)) {
    const staged = await repository.worktree.indexed(folder, DVC_ENDINGS);
    for (const { mode, path, oid } of staged) if (isDvcFile({ mode, name: basename(path) })) blobs.add(oid);
  }
  await addBlobs(context, [...blobs], needed);
}

function linkedWorktrees({ repository, disk }: Context): readonly string[] {
  return disk.list(`${repository.layout.commonDir}/worktrees`);
}

async function addBlobs({ repository }: Context, oids: readonly Oid[], needed: DigestSet): Promise<void> {
  for await (const bytes of repository.objects.readBlobs(oids)) {
    for (const digest of digestsInText(Buffer.from(bytes).toString('latin1'))) needed.add(digest);
  }
}

/** What the files of DVC in this work tree and in the linked ones name, as they are now. */
export async function worktreeDigests(context: Context, files: Files): Promise<DigestSet> {
  const needed = createDigestSet();
  for (const root of worktrees(context)) {
    for (const path of files.pointers.find(root, '')) {
      const text = await files.pointers.read(`${root}/${path}`);
      for (const digest of digestsInText(text ?? '')) needed.add(digest);
    }
  }
  return needed;
}

function worktrees(context: Context): string[] {
  const { repository, disk } = context;
  const { worktree, commonDir } = repository.layout;
  const linked = linkedWorktrees(context).flatMap((name) => {
    const folder = `${commonDir}/worktrees/${name}`;
    const text = Buffer.from(disk.read(`${folder}/gitdir`) ?? [])
      .toString('utf8')
      .trim();
    const root = resolve(folder, text.replace(/\/\.git$/, ''));
    if (text.endsWith('/.git') && disk.stat(root)?.isDirectory === true) return [root];
    if (disk.stat(`${folder}/locked`) === undefined) return [];
    throw new CmfError('refused', {
      message: `nothing is removed while the work tree ${root} is away: what it needs is not known`,
      hint: `bring it back, or: git worktree unlock '${root}' && git worktree prune`,
    });
  });
  const main = commonDir.endsWith('/.git') ? [commonDir.slice(0, -'/.git'.length)] : [];
  return [...new Set([...(worktree === undefined ? [] : [worktree]), ...main, ...linked])];
}
