import { setImmediate } from 'node:timers/promises';
import type { FileTable } from '../../domain/file-table.ts';
import type { FilePath } from './file-failure.ts';
import { findUnkept } from './find-unkept.ts';
import { CACHED_BYTES_MIN, type HashCache } from './hash-cache.ts';
import { KEY_BYTES, RESULT_BYTES, sizeIn } from './hash-result.ts';
import type { HashWork } from './hash-work.ts';
import { recallSums } from './recall-sums.ts';
import { SURVEY_NUMBERS, type Survey } from './survey-directory.ts';
import { joinPath } from './walk-directory.ts';

/** How many files are looked at before other work of this process gets its turn. */
const TURN_FILES = 1024;
/** Fewer small files are hashed sooner than the hash cache is read. */
const CACHED_FILES_MIN = 64;
/** What is handed to a thread at once. */
const JOB_FILES = 256;
const JOB_BYTES = 8 * 1024 * 1024;

export type HashedMembers = {
  /** True: the survey's facts stand for these digests from now on, and are worth to be remembered. */
  readonly isLasting: boolean;
  /** False: a file is not the one that the survey saw. */
  readonly isAsSurveyed: boolean;
  /** True: nothing had to be hashed, and so nothing to be kept. */
  readonly isKnown: boolean;
};

/** Hashes the files of a directory into a table, but for those whose digests are known; keeps them all where asked for. */
export async function hashMembers(survey: Survey, files: FileTable, work: HashWork): Promise<HashedMembers> {
  const { cache, crew, objects } = work;
  const isWorth = isWorthCaching(survey);
  await addRows(survey, files);
  const known = isWorth && cache !== undefined ? recallSums(cache, survey, files) : undefined;
  const jobs = openJobs(survey, files, work);
  for (let row = 0; row < files.count; row++) {
    if (known?.[row] === 1) jobs.skip(files.sizeBytes(row));
    else await jobs.add(row, survey.path(row), files.sizeBytes(row));
    if (row % TURN_FILES === TURN_FILES - 1) await setImmediate();
  }
  if (objects !== undefined && known !== undefined) {
    for (const row of findUnkept(objects, files, known)) {
      await jobs.add(row, survey.path(row), files.sizeBytes(row));
    }
  }
  await jobs.flush();
  await crew.finish();
  if (isWorth) cache?.save();
  const { isNoted, ...outcome } = jobs.outcome();
  return { isLasting: isWorth && cache !== undefined && isNoted && outcome.isAsSurveyed, ...outcome };
}

async function addRows({ parts }: Survey, files: FileTable): Promise<void> {
  for (const { relpath, names, numbers } of parts) {
    for (const [i, name] of names.entries()) {
      const row = files.add(joinPath(relpath, name), numbers[i * SURVEY_NUMBERS + 2] ?? 0);
      if (row % TURN_FILES === TURN_FILES - 1) await setImmediate();
    }
  }
}

function isWorthCaching({ count, largestBytes }: Survey): boolean {
  return count >= CACHED_FILES_MIN || largestBytes >= CACHED_BYTES_MIN;
}

type Job = { readonly rows: number[]; readonly paths: FilePath[]; bytes: number };

/** Gathers files into jobs and writes what comes back into the table and the hash cache. */
function openJobs(survey: Survey, files: FileTable, { cache, crew, how }: HashWork) {
  const done = { files: 0, bytes: 0 };
  const outcome = { isNoted: true, isAsSurveyed: true, isKnown: true };
  let job: Job = { rows: [], paths: [], bytes: 0 };
  const report = (): void => {
    how.onProgress?.({ ...done, filesTotal: survey.count, bytesTotal: survey.totalBytes });
  };
  const take = (rows: readonly number[]) => (results: Buffer) => {
    for (const [i, row] of rows.entries()) {
      files.setSums(row, results, i * RESULT_BYTES + KEY_BYTES);
      files.setSize(row, sizeIn(results, i));
      if (!survey.isSame(row, results, i * RESULT_BYTES)) outcome.isAsSurveyed = false;
      if (!noted(cache, results, i)) outcome.isNoted = false;
      done.bytes += sizeIn(results, i);
    }
    done.files += rows.length;
    report();
  };
  const flush = async (): Promise<void> => {
    if (job.rows.length === 0) return;
    outcome.isKnown = false;
    cache?.begin();
    const { rows, paths, bytes } = job;
    job = { rows: [], paths: [], bytes: 0 };
    await crew.give({ paths, bytes }, take(rows));
  };
  return {
    async add(row: number, path: FilePath, sizeBytes: number): Promise<void> {
      job.rows.push(row);
      job.paths.push(path);
      job.bytes += sizeBytes;
      if (job.rows.length >= JOB_FILES || job.bytes >= JOB_BYTES) await flush();
    },
    skip(sizeBytes: number): void {
      done.files++;
      done.bytes += sizeBytes;
    },
    flush,
    outcome: () => outcome,
  };
}

function noted(cache: HashCache | undefined, results: Buffer, row: number): boolean {
  return cache?.note(results, row) === true;
}
