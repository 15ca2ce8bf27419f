import { type Stats, statSync } from 'node:fs';
import { createFileTable } from '../../domain/file-table.ts';
import { compareUtf8 } from '../../domain/utf8-order.ts';
import type {
  DvcVerdict,
  Hashed,
  HashedDirectory,
  HashedFile,
  Hasher,
  HashOptions,
  LeftOut,
} from '../../ports/hasher.ts';
import { describeDirectory } from './describe-directory.ts';
import { type DvcPlace, findDvcPlace } from './dvc-place.ts';
import { brokenLink, errorCode, fileFailure, specialFile } from './file-failure.ts';
import { CACHED_BYTES_MIN } from './hash-cache.ts';
import { hashLegacyDirectory, hashLegacyFile } from './hash-legacy.ts';
import { hashMembers } from './hash-members.ts';
import { executableIn, hexSumsIn, sizeIn } from './hash-result.ts';
import { type HasherOptions, type HashWork, openWork } from './hash-work.ts';
import { keepText } from './keep-text.ts';
import { isTrusted } from './object-keeper.ts';
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
        return stats.isDirectory()
          ? await hashDirectory(path, place, work)
          : await hashOneFile(path, stats, place, work);
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
  await work.crew.give([path], stats.size, (results) => {
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
  cache.load();
  const at = cache.find(stats, path);
  if (at < 0) return undefined;
  const md5 = cache.bytes.toString('hex', at, at + 16);
  const isKept = objects === undefined || isTrusted(`${objects}/${md5.slice(0, 2)}/${md5.slice(2)}`, stats.size);
  if (!isKept) return undefined;
  return [
    { kind: 'md5', value: md5 },
    { kind: 'blake3', value: cache.bytes.toString('hex', at + 16, at + 48) },
  ];
}

async function hashDirectory(path: string, place: DvcPlace, work: HashWork): Promise<HashedDirectory> {
  const leftOut: LeftOut[] = [];
  const options = {
    rules: place.rules,
    inRepository: place.inRepository,
    leaveOut: (left: LeftOut) => leftOut.push(left),
  };
  const files = createFileTable();
  await hashMembers(path, options, files, work);
  const { digests, dir, problem } = describeDirectory(files, await work.load());
  if (work.how.keepIn !== undefined && problem === undefined && dir !== undefined) {
    keepText(work.how.keepIn, dir, files);
  }
  return {
    kind: 'directory',
    digests,
    sizeBytes: files.totalBytes,
    nfiles: files.count,
    dvc: verdict(place.problem ?? problem),
    files,
    leftOut: leftOut.sort((a, b) => compareUtf8(a.path, b.path)),
  };
}

function verdict(problem: string | undefined): DvcVerdict {
  return problem === undefined ? { ok: true } : { ok: false, reason: problem };
}
