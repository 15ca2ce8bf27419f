/** How the work tree and the cache compare with what the pointers say. */

import type { Digest } from '../domain/digest.ts';
import { countDifferences, type DiffCounts, diffDirectories } from '../domain/directory-diff.ts';
import { type CachePlace, isDirDigest, memberDigest } from '../domain/dvc-cache.ts';
import type { DvcDirEntry } from '../domain/dvc-dir.ts';
import { dvcDirList } from '../domain/dvc-dir-list.ts';
import { CmfError } from '../domain/errors.ts';
import { dirEntriesOf } from '../domain/hashed-files.ts';
import type { Hashed, HashProgress } from '../ports/hasher.ts';
import type { ArtifactOut } from './artifact-outs.ts';
import { worktreeOf } from './artifact-outs.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { hashProgress } from './hash-progress.ts';
import type { Files } from './track.ts';

/** `unhashed`: the pointer names no hash that could be compared. */
export type ArtifactState = 'clean' | 'modified' | 'deleted' | 'unhashed';

export type ArtifactStatus = ArtifactOut & {
  readonly state: ArtifactState;
  /** For a folder that was modified and whose list is in the cache. */
  readonly changes: DiffCounts | undefined;
  /** Objects that are not in the cache; undefined where nothing is to be there. */
  readonly notInCache: number | undefined;
};

/** Compares each artifact with its pointer. */
export async function artifactStatus(
  context: Context,
  files: Files,
  outs: readonly ArtifactOut[],
): Promise<ArtifactStatus[]> {
  const place = await cachePlaceOf(context, files.config);
  const statuses: ArtifactStatus[] = [];
  for (const one of outs) {
    const progress = hashProgress(context, `comparing ${one.path}`);
    const hashed = await hashThere(files, worktreeOf(context), one, progress.report);
    progress.end();
    statuses.push(await compare(files, place, one, hashed));
  }
  return statuses;
}

/** What lies at the path of an artifact, by the kind of hash that its pointer has; undefined when there is nothing. */
export async function hashThere(
  files: Files,
  root: string,
  { path, out }: ArtifactOut,
  onProgress: (progress: HashProgress) => void,
): Promise<Hashed | undefined> {
  const legacy = out.digest?.kind.startsWith('md5-dos2unix') === true;
  try {
    return await files.hasher.hash(`${root}/${path}`, { root, legacy, onProgress });
  } catch (error) {
    if (error instanceof CmfError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function compare(
  files: Files,
  place: CachePlace,
  one: ArtifactOut,
  hashed: Hashed | undefined,
): Promise<ArtifactStatus> {
  const { digest, cached } = one.out;
  if (digest === undefined) return { ...one, state: 'unhashed', changes: undefined, notInCache: undefined };
  const state = hashed === undefined ? 'deleted' : isContent(hashed, digest) ? 'clean' : 'modified';
  const listed = isDirDigest(digest) && (state !== 'clean' || hashed?.kind !== 'directory');
  const entries = listed ? readList(files, place, digest) : undefined;
  const changes =
    state === 'modified' && hashed?.kind === 'directory' && entries !== undefined
      ? countDifferences(diffDirectories(entries, dirEntriesOf(await hashed.listFiles())))
      : undefined;
  const members = async (): Promise<Iterable<Digest>> =>
    membersOf(
      digest,
      state === 'clean' && hashed?.kind === 'directory' ? dirEntriesOf(await hashed.listFiles()) : (entries ?? []),
    );
  const notInCache = cached ? await files.objects.countMissing(place, digest, members) : undefined;
  return { ...one, state, changes, notInCache };
}

function* membersOf(artifact: Digest, entries: Iterable<DvcDirEntry>): Generator<Digest> {
  for (const { md5 } of entries) yield memberDigest(artifact, md5);
}

export function isContent(hashed: Hashed, digest: Digest): boolean {
  return hashed.digests.some(({ kind, value }) => kind === digest.kind && value === digest.value);
}

/**
 * The files that a directory's list in the cache names, in the order of their paths, to be gone through any number of times.
 * @returns undefined when the list is not in the cache
 * @throws CmfError `damaged` for a list that is not what its name says, or that no reader may accept
 */
export function readList(files: Files, place: CachePlace, digest: Digest): Iterable<DvcDirEntry> | undefined {
  const bytes = files.objects.readDirectory(place, digest);
  return bytes === undefined ? undefined : dvcDirList(bytes);
}

/** The same as a list in memory, of some hundred bytes a file. */
export function readEntries(files: Files, place: CachePlace, digest: Digest): readonly DvcDirEntry[] | undefined {
  const list = readList(files, place, digest);
  return list === undefined ? undefined : [...list];
}
