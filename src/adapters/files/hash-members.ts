import { type Stats, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { FileTable } from '../../domain/file-table.ts';
import { type FilePath, fileFailure } from './file-failure.ts';
import { findUnkept } from './find-unkept.ts';
import { CACHED_BYTES_MIN, type HashCache } from './hash-cache.ts';
import { executableIn, KEY_BYTES, RESULT_BYTES, sizeIn } from './hash-result.ts';
import type { HashWork } from './hash-work.ts';
import { type WalkOptions, walkDirectory } from './walk-directory.ts';

/** How many files are looked at before other work of this process gets its turn. */
const TURN_FILES = 1024;
/** Fewer small files are hashed sooner than the hash cache is read. */
const CACHED_FILES_MIN = 64;
/** What is handed to a thread at once. */
const JOB_FILES = 256;
const JOB_BYTES = 8 * 1024 * 1024;

/** Hashes the files of a directory into a table, but for those whose digests are known; keeps them all where asked for. */
export async function hashMembers(top: string, options: WalkOptions, files: FileTable, work: HashWork): Promise<void> {
  const { cache, crew, objects } = work;
  const jobs = openJobs(files, work);
  const known: number[] = [];
  for (const found of walkDirectory(top, options)) {
    const stats = statFile(found.path);
    const row = files.add(found.relpath, stats.size, (stats.mode & 0o111) !== 0);
    const at = cache === undefined ? -1 : findIn(cache, stats, found.path, row);
    if (cache !== undefined && at >= 0) {
      files.setSums(row, cache.bytes, at);
      known.push(row);
      jobs.skip(stats.size);
    } else await jobs.add(row, found.path, stats.size);
    if (row % TURN_FILES === TURN_FILES - 1) await setImmediate();
  }
  if (objects !== undefined) {
    for (const row of findUnkept(objects, files, known)) {
      const path = files.path(row);
      const full = typeof path === 'string' ? `${top}/${path}` : Buffer.concat([Buffer.from(`${top}/`), path]);
      await jobs.add(row, full, files.sizeBytes(row));
    }
  }
  await jobs.flush();
  await crew.finish();
  if (files.count >= CACHED_FILES_MIN || jobs.hasLarge()) cache?.save();
}

function findIn(cache: HashCache, stats: Stats, path: FilePath, row: number): number {
  if (row >= CACHED_FILES_MIN || stats.size >= CACHED_BYTES_MIN) cache.load();
  return cache.find(stats, path);
}

function statFile(path: FilePath): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw fileFailure(error, path);
  }
}

type Job = { readonly rows: number[]; readonly paths: FilePath[]; bytes: number };

/** Gathers files into jobs and writes what comes back into the table and the hash cache. */
function openJobs(files: FileTable, { cache, crew, how }: HashWork) {
  const done = { files: 0, bytes: 0 };
  let job: Job = { rows: [], paths: [], bytes: 0 };
  let hasLarge = false;
  const report = (): void => {
    how.onProgress?.({ ...done, filesTotal: files.count, bytesTotal: files.totalBytes });
  };
  const take = (rows: readonly number[]) => (results: Buffer) => {
    for (const [i, row] of rows.entries()) {
      files.setSums(row, results, i * RESULT_BYTES + KEY_BYTES);
      files.setFacts(row, sizeIn(results, i), executableIn(results, i));
      cache?.note(results, i);
      done.bytes += sizeIn(results, i);
    }
    done.files += rows.length;
    report();
  };
  const flush = async (): Promise<void> => {
    if (job.rows.length === 0) return;
    cache?.begin();
    const { rows, paths, bytes } = job;
    job = { rows: [], paths: [], bytes: 0 };
    await crew.give(paths, bytes, take(rows));
  };
  return {
    async add(row: number, path: FilePath, sizeBytes: number): Promise<void> {
      job.rows.push(row);
      job.paths.push(path);
      job.bytes += sizeBytes;
      hasLarge ||= sizeBytes >= CACHED_BYTES_MIN;
      if (job.rows.length >= JOB_FILES || job.bytes >= JOB_BYTES) await flush();
    },
    skip(sizeBytes: number): void {
      done.files++;
      done.bytes += sizeBytes;
    },
    flush,
    hasLarge: () => hasLarge,
  };
}
