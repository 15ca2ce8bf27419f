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
  readonly garbage: { readonly objects: number; readonly bytes: number };
  readonly leftovers: { readonly files: number; readonly bytes: number };
  readonly kept: { readonly objects: number; readonly bytes: number };
  /** Of what is kept: needed by nothing, and too young to go. */
  readonly young: { readonly objects: number; readonly bytes: number };
  /** Folders that something needs and whose lists are not here: which files they have is not known. */
  readonly unlisted: number;
};

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
  if (options.removes) await remove(context, files, place, found.garbage, youngMs);
  return {
    garbage: found.sums.garbage,
    // Somebody may still be writing what is younger.
    leftovers: files.objects.leftovers(place, Math.min(youngMs, startMs - LEFTOVER_MS), options.removes),
    kept: found.sums.kept,
    young: found.sums.young,
    unlisted,
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

type Sum = { objects: number; bytes: number };

function sort(files: Files, place: CachePlace, isNeeded: (digest: Digest) => boolean, youngMs: number) {
  const garbage: Digest[] = [];
  const sums = { garbage: emptySum(), kept: emptySum(), young: emptySum() };
  const add = (sum: Sum, bytes: number): void => {
    sum.objects++;
    sum.bytes += bytes;
  };
  for (const { digest, sizeBytes, changedMs } of files.objects.list(place)) {
    const isGarbage = !isNeeded(digest);
    const isYoung = changedMs >= youngMs;
    if (isGarbage && !isYoung) {
      garbage.push(digest);
      add(sums.garbage, sizeBytes);
      continue;
    }
    add(sums.kept, sizeBytes);
    if (isGarbage) add(sums.young, sizeBytes);
  }
  return { garbage, sums };
}

function emptySum(): Sum {
  return { objects: 0, bytes: 0 };
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
  garbage: readonly Digest[],
  olderThanMs: number,
): Promise<void> {
  if (garbage.length === 0) return;
  const added = await worktreeDigests(context, files);
  await addIndexes(context, added);
  addMembers(files, place, added);
  const objects = garbage.filter((digest) => !added.has(digest));
  // Lists go first: a folder that lost its list is not there, one that lost a file would look complete to DVC.
  files.objects.remove(place, objects.filter(isDirDigest), olderThanMs);
  files.objects.remove(
    place,
    objects.filter((digest) => !isDirDigest(digest)),
    olderThanMs,
  );
}
