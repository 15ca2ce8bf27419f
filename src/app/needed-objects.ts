/** Which objects of the cache something needs: an entry of the journal, a pointer of any commit, or one of a work tree. */
import { resolve } from 'node:path';
import { createDigestSet, type DigestSet } from '../domain/digest-set.ts';
import { digestsInText } from '../domain/dvc-digests.ts';
import { CmfError } from '../domain/errors.ts';
import { isOwnRef } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { type DvcFile, type DvcListing, filesOf, openListingReader } from './dvc-listing.ts';
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
  const tips = new Set([...refs.map(({ oid }) => oid), ...(await headsOf(context)), ...(await reflogTips(context))]);
  const reader = openListingReader(repository.objects);
  const listings = new Set<DvcListing>();
  const blobs = new Set<Oid>();
  let commits = 0;
  for await (const { tree } of repository.refs.history([...tips])) {
    if (++commits % 1000 === 0) reporter.progress(`pointers of ${commits} commits`);
    const listing = await reader.read(tree);
    if (listings.has(listing)) continue;
    listings.add(listing);
    const fresh = filesOf(listing).filter(({ oid }) => !blobs.has(oid));
    for (const { oid } of fresh) blobs.add(oid);
    await addBlobs(context, fresh, needed);
  }
  if (commits >= 1000) reporter.progress('');
}

/** HEAD of every work tree, however git stores refs. */
async function headsOf({ repository, disk }: Context): Promise<Oid[]> {
  const linked = disk.list(`${repository.layout.commonDir}/worktrees`).map((name) => `worktrees/${name}/HEAD`);
  const heads = ['HEAD', 'main-worktree/HEAD', ...linked].map((revision) => repository.refs.commitOf(revision));
  return (await Promise.all(heads)).filter((oid): oid is Oid => oid !== undefined);
}

/** What reflogs remember that is still here. Of a repository that keeps them elsewhere (reftable) there are none. */
async function reflogTips({ repository, disk }: Context): Promise<Oid[]> {
  const { commonDir } = repository.layout;
  const found = new Set<Oid>();
  const own = disk.list(`${commonDir}/worktrees`).map((name) => `${commonDir}/worktrees/${name}/logs`);
  const waiting = [`${commonDir}/logs`, ...own];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (disk.stat(path)?.isDirectory === true) waiting.push(...disk.list(path).map((name) => `${path}/${name}`));
    else {
      const text = Buffer.from(disk.read(path) ?? []).toString('latin1');
      for (const [, before = '', after = ''] of text.matchAll(/^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) /gm)) {
        found.add(before as Oid).add(after as Oid);
      }
    }
  }
  const oids = [...found];
  const infos = await repository.objects.infos(oids);
  return oids.filter((_, i) => infos[i]?.type === 'commit');
}

async function addBlobs({ repository }: Context, found: readonly DvcFile[], needed: DigestSet): Promise<void> {
  for await (const bytes of repository.objects.readBlobs(found.map(({ oid }) => oid))) {
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

function worktrees({ repository, disk }: Context): string[] {
  const { worktree, commonDir } = repository.layout;
  const linked = disk.list(`${commonDir}/worktrees`).flatMap((name) => {
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
