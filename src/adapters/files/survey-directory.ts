import { createHash, type Hash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type FilePath, fileFailure } from './file-failure.ts';
import { KEY_BYTES, writeKey } from './hash-result.ts';
import { type FoundFiles, joinPath, type WalkOptions, walkDirectory } from './walk-directory.ts';

/** Some files of one folder, and for each what tells whether it changed. */
export type SurveyedFiles = FoundFiles & {
  /** The row of the first one. */
  readonly first: number;
  /** Six numbers for each: those of `writeKey`, then the mode. */
  readonly numbers: Float64Array;
  /** The same memory. */
  readonly words: Uint32Array;
};

/** The files of a directory as they lie there, before any is read. Rows are numbered from 0 in the order of the walk. */
export interface Survey {
  readonly count: number;
  /** Sum of the sizes of all files. */
  readonly totalBytes: number;
  readonly largestBytes: number;
  readonly parts: readonly SurveyedFiles[];
  /**
   * SHA-256 of the paths of all files and of what tells whether they changed. Two surveys with the same facts saw the same
   * content, if each file was older than the moment before its content was first looked at.
   */
  readonly facts: Buffer;
  path(row: number): FilePath;
  /** True if the 40 bytes from `at` on (see hash-result.ts) are those of the file, as the survey saw it. */
  isSame(row: number, bytes: Buffer, at: number): boolean;
}

export const SURVEY_NUMBERS = 6;
export const SURVEY_WORDS = SURVEY_NUMBERS * 2;
const NUMBERS_BYTES = SURVEY_NUMBERS * 8;
/** How many files are looked at before other work of this process gets its turn. */
const TURN_FILES = 1024;
const NUL = Buffer.alloc(1);

/** Walks through a directory with one stat for each file. @param top absolute @throws CmfError as walkDirectory */
export async function surveyDirectory(top: string, options: WalkOptions): Promise<Survey> {
  const parts: SurveyedFiles[] = [];
  const sum = createHash('sha256').update('cmf-survey1\0');
  let count = 0;
  let [totalBytes, largestBytes] = [0, 0];
  for (const found of walkDirectory(top, options)) {
    const numbers = new Float64Array(found.names.length * SURVEY_NUMBERS);
    // A loop by number: this is what an unchanged directory costs.
    for (let i = 0, at = 0; i < found.names.length; i++, at += SURVEY_NUMBERS) {
      const path = joinPath(found.path, found.names[i] ?? '');
      const stats = statFile(path);
      writeKey(numbers, at, stats, path);
      numbers[at + 5] = stats.mode;
      totalBytes += stats.size;
      if (stats.size > largestBytes) largestBytes = stats.size;
      if ((count + i) % TURN_FILES === TURN_FILES - 1) await setImmediate();
    }
    addNames(sum, found);
    sum.update(numbers);
    parts.push({ ...found, first: count, numbers, words: new Uint32Array(numbers.buffer) });
    count += found.names.length;
  }
  const partOf = (row: number): SurveyedFiles => findPart(parts, row);
  return {
    count,
    totalBytes,
    largestBytes,
    parts,
    facts: sum.digest(),
    path(row) {
      const part = partOf(row);
      return joinPath(part.path, part.names[row - part.first] ?? '');
    },
    isSame(row, bytes, at) {
      const part = partOf(row);
      const seen = Buffer.from(part.numbers.buffer, (row - part.first) * NUMBERS_BYTES, KEY_BYTES);
      return bytes.compare(seen, 0, KEY_BYTES, at, at + KEY_BYTES) === 0;
    },
  };
}

/** No name is empty or holds a NUL, so where a part ends is plain. */
function addNames(sum: Hash, { relpath, names }: FoundFiles): void {
  sum.update(relpath).update(NUL);
  if (names.every((name) => typeof name === 'string')) sum.update(names.join('\0')).update(NUL);
  else for (const name of names) sum.update(name).update(NUL);
  sum.update(NUL);
}

function findPart(parts: readonly SurveyedFiles[], row: number): SurveyedFiles {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((parts[middle]?.first ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  const part = parts[low];
  if (part === undefined) throw new RangeError(`there is no row ${row}`);
  return part;
}

function statFile(path: FilePath): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw fileFailure(error, path);
  }
}
