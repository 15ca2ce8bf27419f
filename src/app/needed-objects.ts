/** Which objects of the cache something needs: an entry of the journal, a pointer of any commit, or one of a work tree. */
import { artifactIndex } from '../domain/artifact-index.ts';
import type { Digest } from '../domain/digest.ts';
import { createDigestSet, type DigestSet } from '../domain/digest-set.ts';
import { openLockReader } from '../domain/dvc-lock.ts';
import { decodeText } from '../domain/dvc-metrics.ts';
import { parsePointer } from '../domain/dvc-pointer.ts';
import { DVC_YAML_BYTES_MAX } from '../domain/dvc-yaml.ts';
import { CmfError } from '../domain/errors.ts';
import { isOwnRef } from '../domain/ids.ts';
import { viewOf } from '../domain/view.ts';
import type { Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { type DvcFile, filesOf, openListingReader } from './dvc-listing.ts';
import { readState } from './read-state.ts';
import type { Files } from './track.ts';

/** Adds the digests that one file of DVC names. @throws CmfError `damaged` for one that DVC cannot read either */
export type DvcFileNames = (path: string, text: string) => readonly Digest[];

/** Reads what files of DVC name; the stages of a lock that were read before cost nothing. */
export function openDvcFileNames(): DvcFileNames {
  const locks = openLockReader();
  return (path, text) => {
    if (path === 'dvc.yaml' || path.endsWith('/dvc.yaml')) return [];
    if (path === 'dvc.lock' || path.endsWith('/dvc.lock')) {
      const stages = locks.read(text, path);
      return stages.flatMap(({ deps, outs }) => [...deps, ...outs].flatMap(({ digest }) => digest ?? []));
    }
    const { outs } = parsePointer(text, path);
    return outs.flatMap(({ digest, members }) => [digest, ...members.map((one) => one.digest)].filter(isKnown));
  };
}

function isKnown(digest: Digest | undefined): digest is Digest {
  return digest !== undefined;
}

/**
 * All that is needed, without the files of folders.
 * @throws CmfError `refused` when a part of the journal cannot be read: what it needs is not known
 */
export async function neededDigests(context: Context, files: Files): Promise<DigestSet> {
  const needed = createDigestSet();
  const names = openDvcFileNames();
  await addJournal(context, needed);
  await addCommits(context, names, needed);
  await addWorktrees(context, files, names, needed);
  return needed;
}

async function addJournal(context: Context, needed: DigestSet): Promise<void> {
  const { state, missing } = await readState(context);
  const unreadable = missing.find(({ isUnreadable }) => isUnreadable);
  if (unreadable !== undefined) {
    throw new CmfError('refused', {
      message: `nothing is removed while a part of the journal cannot be read: ${unreadable.reason}`,
      hint: 'git cmf fsck',
    });
  }
  for (const { digests } of artifactIndex(viewOf(state)).artifacts) for (const digest of digests) needed.add(digest);
}

/** The pointers of every commit that a ref or the HEAD of a work tree reaches. */
async function addCommits(context: Context, names: DvcFileNames, needed: DigestSet): Promise<void> {
  const { repository, reporter } = context;
  const refs = (await repository.refs.list(['refs/'])).filter(({ name }) => !isOwnRef(name));
  const tips = new Set(refs.map(({ oid }) => oid));
  for (const tip of await headsOf(context)) tips.add(tip);
  const reader = openListingReader(repository.objects);
  const seen = new Set<string>();
  let commits = 0;
  for await (const { tree } of repository.refs.history([...tips])) {
    if (++commits % 1000 === 0) reporter.progress(`pointers of ${commits} commits`);
    const fresh = filesOf(await reader.read(tree)).filter(({ path, oid }) => !seen.has(`${oid} ${path}`));
    for (const { path, oid } of fresh) seen.add(`${oid} ${path}`);
    await addBlobs(context, names, fresh, needed);
  }
  if (commits >= 1000) reporter.progress('');
}

async function headsOf({ repository, disk }: Context): Promise<Oid[]> {
  const own = await repository.refs.commitOf('HEAD');
  const { commonDir } = repository.layout;
  const linked = disk.list(`${commonDir}/worktrees`).flatMap((name) => {
    const text = Buffer.from(disk.read(`${commonDir}/worktrees/${name}/HEAD`) ?? [])
      .toString('latin1')
      .trim();
    return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? [text as Oid] : [];
  });
  return own === undefined ? linked : [own, ...linked];
}

/** What DVC could not read in a commit names nothing. */
async function addBlobs(
  { repository }: Context,
  names: DvcFileNames,
  found: readonly DvcFile[],
  needed: DigestSet,
): Promise<void> {
  const infos = await repository.objects.infos(found.map(({ oid }) => oid));
  const readable = found.filter((_, i) => (infos[i]?.sizeBytes ?? Number.POSITIVE_INFINITY) <= DVC_YAML_BYTES_MAX);
  let i = 0;
  for await (const bytes of repository.objects.readBlobs(readable.map(({ oid }) => oid))) {
    const path = readable[i++]?.path ?? '';
    for (const digest of digestsIn(names, path, () => decodeText(bytes, path)) ?? []) needed.add(digest);
  }
}

/** The pointers of this work tree and of the linked ones, as they are now. */
export async function addWorktrees(
  context: Context,
  files: Files,
  names: DvcFileNames,
  needed: DigestSet,
): Promise<void> {
  for (const root of worktrees(context)) {
    for (const path of files.pointers.find(root, '')) {
      const text = await files.pointers.read(`${root}/${path}`);
      const digests = text === undefined ? [] : digestsIn(names, path, () => text);
      if (digests === undefined) {
        throw new CmfError('refused', {
          message: `nothing is removed while ${root}/${path} cannot be read: what it needs is not known`,
          hint: `git diff -- '${path}'`,
        });
      }
      for (const digest of digests) needed.add(digest);
    }
  }
}

function worktrees({ repository, disk }: Context): string[] {
  const { worktree, commonDir } = repository.layout;
  const linked = disk.list(`${commonDir}/worktrees`).flatMap((name) => {
    const text = Buffer.from(disk.read(`${commonDir}/worktrees/${name}/gitdir`) ?? [])
      .toString('utf8')
      .trim();
    const root = text.replace(/\/\.git$/, '');
    return root !== text && disk.stat(root)?.isDirectory === true ? [root] : [];
  });
  const main = commonDir.endsWith('/.git') ? [commonDir.slice(0, -'/.git'.length)] : [];
  return [...new Set([...(worktree === undefined ? [] : [worktree]), ...main, ...linked])];
}

function digestsIn(names: DvcFileNames, path: string, text: () => string): readonly Digest[] | undefined {
  try {
    return names(path, text());
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return undefined;
    throw error;
  }
}
