/** Hashing the cache again: the mode of an object promises its content, and proves nothing. */

import type { Digest } from '../domain/digest.ts';
import type { CachePlace } from '../domain/dvc-cache.ts';
import { isDirDigest, memberDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import type { VerifyReport } from '../ports/object-cache.ts';
import type { ArtifactOut } from './artifact-outs.ts';
import { readEntries } from './artifact-state.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { hashProgress } from './hash-progress.ts';
import type { Files } from './track.ts';

/** @param outs only their objects; all that the cache holds unless given */
export async function verifyCache(
  context: Context,
  files: Files,
  outs: readonly ArtifactOut[] | undefined,
): Promise<VerifyReport> {
  const place = await cachePlaceOf(context, files.config);
  const digests = outs === undefined ? undefined : outs.flatMap((one) => objectsOf(files, place, one));
  const progress = hashProgress(context, 'verifying');
  try {
    return await files.objects.verify(place, digests === undefined ? undefined : unique(digests), progress.report);
  } finally {
    progress.end();
  }
}

/** The objects of one artifact; of a folder whose list is not there or not right, the list alone. */
function objectsOf(files: Files, place: CachePlace, { out }: ArtifactOut): readonly Digest[] {
  const { digest, cached } = out;
  if (digest === undefined || !cached) return [];
  if (!isDirDigest(digest)) return [digest];
  const entries = entriesIfRight(() => readEntries(files, place, digest));
  return [digest, ...entries.map(({ md5 }) => memberDigest(digest, md5))];
}

function entriesIfRight<Entries>(read: () => readonly Entries[] | undefined): readonly Entries[] {
  try {
    return read() ?? [];
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return [];
    throw error;
  }
}

function unique(digests: readonly Digest[]): readonly Digest[] {
  return [...new Map(digests.map((digest) => [`${digest.kind}:${digest.value}`, digest])).values()];
}
