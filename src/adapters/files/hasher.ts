import { type Stats, statSync } from 'node:fs';
import type { DvcVerdict, Hashed, HashedFile, Hasher, HashOptions } from '../../ports/hasher.ts';
import { type DvcPlace, findDvcPlace } from './dvc-place.ts';
import { brokenLink, errorCode, fileFailure, specialFile } from './file-failure.ts';
import { CACHED_BYTES_MIN } from './hash-cache.ts';
import { hashDirectory } from './hash-directory.ts';
import { hashLegacyDirectory, hashLegacyFile } from './hash-legacy.ts';
import { executableIn, hexSumsIn, sizeIn, writeKey } from './hash-result.ts';
import { type HasherOptions, type HashWork, openWork } from './hash-work.ts';
import { isTrusted } from './object-keeper.ts';
import { recallOne } from './recall-sums.ts';
import { isLink, specialKind } from './walk-directory.ts';

/** A hasher whose memory grows by some hundred bytes a file. */
export function createHasher(options: HasherOptions = {}): Hasher {
  return {
    async hash(path, how): Promise<Hashed> {
      const stats = statTarget(path);
      const place = findDvcPlace(how.root, path, stats.isDirectory());
      if (how.legacy === true) {
        const dvc = verdict(place.problem);
        return stats.isDirectory() ? hashLegacyDirectory(path, place, dvc) : hashLegacyFile(path, dvc);
      }
      // What DVC cannot track has no business in its cache.
      const work = openWork(options, place.problem === undefined ? how : withoutKeeping(how));
      try {
        if (!stats.isDirectory()) return await hashOneFile(path, stats, place, work);
        const again = (): HashWork => openWork(options, withoutKeeping(how));
        const { problem, ...hashed } = await hashDirectory(path, place, work, again);
        return { ...hashed, dvc: verdict(place.problem ?? problem) };
      } finally {
        await work.crew.close();
      }
    },
  };
}

function withoutKeeping({ keepIn: _, ...how }: HashOptions): HashOptions {
  return how;
}

function statTarget(path: string): Stats {
  const stats = statOrFail(path);
  if (stats.isFile() || stats.isDirectory()) return stats;
  throw specialFile(path, specialKind(stats));
}

function statOrFail(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    throw (code === 'ENOENT' || code === 'ELOOP') && isLink(path) ? brokenLink(path) : fileFailure(error, path);
  }
}

async function hashOneFile(path: string, stats: Stats, place: DvcPlace, work: HashWork): Promise<HashedFile> {
  const dvc = verdict(place.problem);
  const known = findKnown(path, stats, work);
  if (known !== undefined) {
    const executable = (stats.mode & 0o111) !== 0;
    return { kind: 'file', digests: known, sizeBytes: stats.size, executable, dvc };
  }
  let hashed: HashedFile | undefined;
  work.cache?.begin();
  await work.crew.give({ paths: [path], bytes: stats.size }, (results) => {
    const { md5, blake3, sha256 } = hexSumsIn(results, 0);
    const digests = [
      { kind: 'md5', value: md5 },
      { kind: 'blake3', value: blake3 },
      ...(work.how.sha256 === true ? [{ kind: 'sha256', value: sha256 }] : []),
    ];
    const sizeBytes = sizeIn(results, 0);
    hashed = { kind: 'file', digests, sizeBytes, executable: executableIn(results, 0), dvc };
    if (sizeBytes >= CACHED_BYTES_MIN) work.cache?.note(results, 0);
    work.how.onProgress?.({ files: 1, bytes: sizeBytes, filesTotal: 1, bytesTotal: sizeBytes });
  });
  await work.crew.finish();
  work.cache?.save();
  if (hashed === undefined) throw new Error(`${path} was not hashed`);
  return hashed;
}

/** Only a file that takes longer to hash than to look up is remembered by itself. SHA-256 never is. */
function findKnown(path: string, stats: Stats, { cache, how, objects }: HashWork): HashedFile['digests'] | undefined {
  if (cache === undefined || how.sha256 === true || stats.size < CACHED_BYTES_MIN) return undefined;
  const key = new Float64Array(5);
  writeKey(key, 0, stats, path);
  const sums = recallOne(cache, key);
  if (sums === undefined) return undefined;
  const md5 = sums.toString('hex', 0, 16);
  const isKept = objects === undefined || isTrusted(`${objects}/${md5.slice(0, 2)}/${md5.slice(2)}`, stats.size);
  if (!isKept) return undefined;
  return [
    { kind: 'md5', value: md5 },
    { kind: 'blake3', value: sums.toString('hex', 16) },
  ];
}

function verdict(problem: string | undefined): DvcVerdict {
  return problem === undefined ? { ok: true } : { ok: false, reason: problem };
}
