/**
 * Removing from the cache what nothing needs: no entry of the journal, no pointer of any commit, index or work tree, no
 * rule of the user's. Storages are not touched: what they hold may be the last copy of somebody else's data.
 */

import type { Digest } from '../domain/digest.ts';
import { createDigestSet, type DigestSet } from '../domain/digest-set.ts';
import { type CachePlace, isDirDigest, OBJECTS_FOLDER } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { DEFAULT_KEEP_MS, type KeepRule } from '../domain/keep-rule.ts';
import { uniqueMembers } from '../domain/wanted-artifact.ts';
import type { CachedObject, Leftovers, Removal } from '../ports/object-cache.ts';
import { readEntries } from './artifact-state.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { addIndexes, neededDigests, worktreeDigests } from './needed-objects.ts';
import type { Files } from './track.ts';

/** Nobody writes one file for longer. */
const LEFTOVER_MS = 86_400_000;

export type GcOptions = {
  /** False: only tells what would be removed. */
  readonly removes: boolean;
  /** Without a rule of age: what came within two weeks stays. */
  readonly keep: readonly KeepRule[];
  /** True: the caller vouches that nobody else uses a cache that lies outside of the repository. */
  readonly isSoleUser: boolean;
};

export type GcReport = {
  /** What was removed, or would be: objects, and files that processes that died left behind. */
  readonly garbage: Sum;
  readonly leftovers: { readonly files: number; readonly bytes: number };
  readonly kept: Sum;
  /** Of what is kept: needed by nothing, and too young to go. */
  readonly young: Sum;
  /** Of what is kept: garbage at the first look, and needed or changed at the last one, or not to be removed. */
  readonly spared: Sum;
  /** Folders that something needs and whose lists are not here: which files they have is not known. */
  readonly unlisted: number;
  /** Why the first of what could not be removed is still there. */
  readonly failure: CmfError | undefined;
};

type Sum = { readonly objects: number; readonly bytes: number };

/**
 * Finds garbage, and removes it when asked to.
 * @throws CmfError `refused` where others may use the cache, or where it cannot be known what is needed; `damaged` for a
 * list of a folder that is not what its name says
 */
export async function collectGarbage(context: Context, files: Files, options: GcOptions): Promise<GcReport> {
  const place = await cachePlaceOf(context, files.config);
  if (!options.isSoleUser) refuseShared(context, files, place);
  const startMs = context.effects.nowMs();
  const { all: needed, now } = await neededDigests(context, files);
  if (options.removes) refuseUnlisted(files, place, now);
  const { unlisted } = addMembers(files, place, needed);
  const kept = createDigestSet(options.keep.flatMap((rule) => (rule.kind === 'digest' ? [rule.digest] : [])));
  addMembers(files, place, kept);
  const ages = options.keep.flatMap((rule) => (rule.kind === 'age' ? [rule.ms] : []));
  const youngMs = startMs - (ages.length === 0 ? DEFAULT_KEEP_MS : Math.max(...ages));
  const found = sort(files, place, (digest) => needed.has(digest) || kept.has(digest), youngMs);
  const done = options.removes
    ? await remove(context, files, place, found.garbage, youngMs)
    : nothingStays(found.garbage);
  // Somebody may still be writing what is younger.
  const leftovers = await sweep(context, files, place, Math.min(youngMs, startMs - LEFTOVER_MS), options.removes);
  return {
    garbage: sumOf(done.removed),
    leftovers: { files: leftovers.files, bytes: leftovers.bytes },
    kept: added(found.kept, sumOf(done.spared)),
    young: found.young,
    spared: sumOf(done.spared),
    unlisted,
    failure: done.failure ?? leftovers.failure,
  };
}

/** `cache.dir`, or where a link leads, may be shared by every project of a group, whose needs are not known here. */
function refuseShared({ repository }: Context, files: Files, place: CachePlace): void {
  const { worktree = '/', commonDir } = repository.layout;
  const own = [worktree, commonDir].map((folder) => `${files.objects.realPath(folder)}/`);
  const folders = [place.directory, `${place.directory}/${OBJECTS_FOLDER}`].map(files.objects.realPath);
  const strange = folders.find((folder) => !own.some((prefix) => folder.startsWith(prefix)));
  if (strange === undefined && !place.group) return;
  throw new CmfError('refused', {
    message: `the cache ${strange ?? place.directory} may be used by other repositories, and what they need is not known here`,
    hint: 'git cmf artifact gc --sole-user, if this repository is the only one that uses it',
  });
}

/** A folder of a work tree whose list is away: its files are here, most likely, and cannot be told from garbage. */
function refuseUnlisted(files: Files, place: CachePlace, now: DigestSet): void {
  const lists = [...now.values()].filter(({ kind }) => kind === 'md5-dir');
  // A name stands for both layouts, of which one has it.
  const missing = lists.find(
    (list) =>
      !files.objects.has(place, list) && !files.objects.has(place, { kind: 'md5-dos2unix-dir', value: list.value }),
  );
  if (missing === undefined) return;
  throw new CmfError('refused', {
    message: `nothing is removed while ${missing.value}.dir is not in the cache: which files its folder has is not known`,
    hint: 'git cmf artifact pull --no-checkout, or git cmf artifact add where the folder is whole',
  });
}

/** The files of the folders in a set. A list that is here and wrong stops everything. */
function addMembers(files: Files, place: CachePlace, digests: DigestSet): { readonly unlisted: number } {
  const unlisted = new Set<string>();
  const listed = new Set<string>();
  for (const list of [...digests.values()].filter(isDirDigest)) {
    const entries = readEntries(files, place, list);
    (entries === undefined ? unlisted : listed).add(list.value);
    for (const member of uniqueMembers(list, entries ?? [])) digests.add(member);
  }
  // A pointer's text names the list in both layouts, of which one has it.
  return { unlisted: [...unlisted].filter((value) => !listed.has(value)).length };
}

function sort(files: Files, place: CachePlace, isNeeded: (digest: Digest) => boolean, youngMs: number) {
  const garbage: CachedObject[] = [];
  let kept = sumOf([]);
  let young = sumOf([]);
  for (const object of files.objects.list(place)) {
    const isGarbage = !isNeeded(object.digest);
    if (isGarbage && object.changedMs < youngMs) {
      garbage.push(object);
      continue;
    }
    // A cache may hold millions: those that stay are only counted.
    kept = added(kept, sumOf([object]));
    if (isGarbage) young = added(young, sumOf([object]));
  }
  return { garbage, kept, young };
}

function sumOf(objects: readonly CachedObject[]): Sum {
  return { objects: objects.length, bytes: objects.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0) };
}

function added(a: Sum, b: Sum): Sum {
  return { objects: a.objects + b.objects, bytes: a.bytes + b.bytes };
}

/** What processes that died left in the cache, and in this work tree beside pointers and DVC's configuration. */
async function sweep(
  { repository }: Context,
  files: Files,
  place: CachePlace,
  olderThanMs: number,
  removes: boolean,
): Promise<Leftovers> {
  const inCache = files.objects.leftovers(place, olderThanMs, removes);
  const { worktree, gitDir } = repository.layout;
  if (worktree === undefined) return inCache;
  // What somebody gave to git is not ours, whatever it is called.
  const staged = await repository.worktree.indexed(gitDir, ['.tmp']);
  const tracked = new Set(staged.map(({ path }) => Buffer.from(path, 'latin1').toString('utf8')));
  const beside = files.pointers.leftovers(worktree, tracked, olderThanMs, removes);
  return {
    files: inCache.files + beside.files,
    bytes: inCache.bytes + beside.bytes,
    failure: inCache.failure ?? beside.failure,
  };
}

type Done = {
  readonly removed: readonly CachedObject[];
  readonly spared: readonly CachedObject[];
  readonly failure: CmfError | undefined;
};

function nothingStays(garbage: readonly CachedObject[]): Done {
  return { removed: garbage, spared: [], failure: undefined };
}

/**
 * Work trees and indexes are looked at once more, and so is each object: somebody may have added meanwhile what was garbage
 * before.
 * @param olderThanMs what came or changed later stays
 */
async function remove(
  context: Context,
  files: Files,
  place: CachePlace,
  garbage: readonly CachedObject[],
  olderThanMs: number,
): Promise<Done> {
  if (garbage.length === 0) return nothingStays(garbage);
  const needed = await worktreeDigests(context, files);
  await addIndexes(context, needed);
  addMembers(files, place, needed);
  const take = (digests: readonly Digest[]): Removal => {
    return files.objects.remove(
      place,
      digests.filter((digest) => !needed.has(digest)),
      olderThanMs,
    );
  };
  const digests = garbage.map(({ digest }) => digest);
  // Lists go first: a folder that lost its list is not there, one that lost a file would look complete to DVC.
  const lists = digests.filter(isDirDigest);
  const first = take(lists);
  const gone = createDigestSet(first.removed);
  const staying = createDigestSet(lists.filter((list) => !gone.has(list)));
  addMembers(files, place, staying);
  const second = take(digests.filter((digest) => !isDirDigest(digest) && !staying.has(digest)));
  for (const digest of second.removed) gone.add(digest);
  return {
    removed: garbage.filter(({ digest }) => gone.has(digest)),
    // What somebody else removed meanwhile is neither.
    spared: garbage.filter(({ digest }) => !gone.has(digest) && files.objects.has(place, digest)),
    failure: first.failure ?? second.failure,
  };
}
