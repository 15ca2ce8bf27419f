import { lstatSync, readdirSync, type Stats } from 'node:fs';
import type { Digest } from '../../domain/digest.ts';
import { digestOfObject, OBJECTS_FOLDER, type ObjectFolder, objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import type { HashProgress } from '../../ports/hasher.ts';
import type { BadObject, SizedObject, VerifyReport } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { legacyMd5 } from './file-md5.ts';
import { type HashCrew, openHashCrew } from './hash-crew.ts';
import { hexSumsIn, RESULT_BYTES } from './hash-result.ts';
import { TRUSTED_MODE } from './object-keeper.ts';

const JOB_FILES = 128;
const JOB_BYTES = 8 * 1024 * 1024;

/** Reads and hashes objects again. One that cannot be read stops nothing. */
export function verifyObjects(
  place: ObjectFolder,
  digests: Iterable<Digest> | undefined,
  onProgress?: (progress: HashProgress) => void,
): Promise<VerifyReport> {
  const objects = digests === undefined ? allObjects(place) : findAll(place, digests);
  return readObjects(objects, openHashCrew({ sha256: false, sync: async () => true }), onProgress);
}

/** What a copy is made of, and how it becomes durable (see hash-crew.ts). */
export type CopyOrder = {
  readonly from: ObjectFolder;
  readonly to: ObjectFolder;
  readonly sync: (folder: string) => Promise<boolean>;
};

/** Copies objects, all of kind `md5`, while they are hashed (see ObjectCache). */
export function copyObjects(
  { from, to: { directory, group }, sync }: CopyOrder,
  objects: Iterable<SizedObject>,
  onProgress?: (progress: HashProgress) => void,
): Promise<VerifyReport> {
  // Never a link: what happens to one of both must not happen to the other.
  const keep = { folder: `${directory}/${OBJECTS_FOLDER}`, linkTypes: ['reflink', 'copy'], group } as const;
  return readObjects(asFound(from, objects), openHashCrew({ sha256: false, sync, keep }), onProgress);
}

/** Hashes objects, and keeps those that are right where the crew keeps something. */
async function readObjects(
  objects: Iterable<Found | BadObject>,
  crew: HashCrew,
  onProgress: ((progress: HashProgress) => void) | undefined,
): Promise<VerifyReport> {
  const bad: BadObject[] = [];
  const done = { files: 0, bytes: 0 };
  let total = { filesTotal: 0, bytesTotal: 0 };
  const check = (object: Found, isRight: boolean): void => {
    done.files++;
    done.bytes += object.size;
    if (!isRight) bad.push({ digest: object.digest, path: object.path, problem: 'other-content' });
    else if ((object.mode & 0o222) !== 0) bad.push({ digest: object.digest, path: object.path, problem: 'writable' });
    onProgress?.({ ...done, ...total });
  };
  const give = async (job: readonly Found[]): Promise<void> => {
    if (job.length === 0) return;
    const bytes = job.reduce((sum, { size }) => sum + size, 0);
    const wanted = job.map(({ digest }) => digest.value);
    await crew.give({ paths: job.map(({ path }) => path), bytes, wanted }, (results) => {
      for (const [row, object] of job.entries()) {
        check(object, hexSumsIn(results.subarray(row * RESULT_BYTES), 0).md5 === object.digest.value);
      }
    });
  };
  try {
    let job: Found[] = [];
    let jobBytes = 0;
    for (const one of objects) {
      total = { filesTotal: total.filesTotal + 1, bytesTotal: total.bytesTotal + ('size' in one ? one.size : 0) };
      if ('problem' in one) bad.push(one);
      else if (one.digest.kind === 'md5-dos2unix') check(one, legacyMd5(one.path).includes(one.digest.value));
      else {
        job.push(one);
        jobBytes += one.size;
        if (job.length < JOB_FILES && jobBytes < JOB_BYTES) continue;
        await give(job);
        job = [];
        jobBytes = 0;
      }
    }
    await give(job);
    await crew.finish();
  } finally {
    await crew.close();
  }
  return { objects: total.filesTotal, bytes: done.bytes, bad };
}

type Found = { readonly digest: Digest; readonly path: string; readonly size: number; readonly mode: number };

function* allObjects(place: ObjectFolder): Generator<Found | BadObject> {
  for (const folder of [OBJECTS_FOLDER, '']) {
    for (const shelf of namesIn(`${place.directory}/${folder}`).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
      const prefix = folder === '' ? shelf : `${folder}/${shelf}`;
      for (const name of namesIn(`${place.directory}/${prefix}`)) {
        const digest = digestOfObject(`${prefix}/${name}`);
        if (digest !== undefined) yield findObject(place, digest);
      }
    }
  }
}

function* findAll(place: ObjectFolder, digests: Iterable<Digest>): Generator<Found | BadObject> {
  for (const digest of digests) yield findObject(place, digest);
}

/** What the caller has looked at: a stat for each would be the third. */
function* asFound(place: ObjectFolder, objects: Iterable<SizedObject>): Generator<Found> {
  for (const { digest, sizeBytes } of objects) {
    yield { digest, path: pathOf(place, digest), size: sizeBytes, mode: TRUSTED_MODE };
  }
}

function pathOf({ directory }: ObjectFolder, digest: Digest): string {
  const relative = objectPath(digest);
  if (relative === undefined) throw new CmfError('internal', { message: `${digest.kind} names no object` });
  return `${directory}/${relative}`;
}

/** Looks before it is read: a folder or an object without permission would stop all others. */
function findObject(place: ObjectFolder, digest: Digest): Found | BadObject {
  const path = pathOf(place, digest);
  const stats = statOf(path);
  if (stats === undefined) return { digest, path, problem: 'missing' };
  if (!stats.isFile() || (stats.mode & 0o444) === 0) return { digest, path, problem: 'unreadable' };
  return { digest, path, size: stats.size, mode: stats.mode & 0o7777 };
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw fileFailure(error, folder);
  }
}
