import { createHash, type Hash } from 'node:crypto';
import type { FilePath } from './file-failure.ts';
import { KEY_BYTES } from './hash-result.ts';
import { findPart, STAT_NUMBERS } from './stat-files.ts';
import { openStatHelpers, type StatHelpersOptions } from './stat-helpers.ts';
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

/** How many numbers and words there are for each file. */
export const SURVEY_NUMBERS = STAT_NUMBERS;
export const SURVEY_WORDS = SURVEY_NUMBERS * 2;
const NUMBERS_BYTES = SURVEY_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
const SIZE_AT = 2;
const NUL = Buffer.alloc(1);

/** Walks through a directory with one stat for each file. @param top absolute @throws CmfError as walkDirectory */
export async function surveyDirectory(
  top: string,
  options: WalkOptions & { readonly helpers?: StatHelpersOptions },
): Promise<Survey> {
  const helpers = openStatHelpers(options.helpers);
  try {
    const found: (FoundFiles & { readonly first: number })[] = [];
    let count = 0;
    for (const files of walkDirectory(top, options)) {
      found.push({ ...files, first: count });
      count += files.names.length;
      helpers.expect(count);
    }
    return surveyOf(found, count, await helpers.look(found, count));
  } finally {
    helpers.end();
  }
}

function surveyOf(
  found: readonly (FoundFiles & { readonly first: number })[],
  count: number,
  all: Float64Array,
): Survey {
  const sum = createHash('sha256').update('cmf-survey1\0');
  let [totalBytes, largestBytes] = [0, 0];
  const parts = found.map((files): SurveyedFiles => {
    const { first, names } = files;
    const numbers = all.subarray(first * SURVEY_NUMBERS, (first + names.length) * SURVEY_NUMBERS);
    for (let at = SIZE_AT; at < numbers.length; at += SURVEY_NUMBERS) {
      const size = numbers[at] ?? 0;
      totalBytes += size;
      if (size > largestBytes) largestBytes = size;
    }
    addNames(sum, files);
    sum.update(numbers);
    return { ...files, numbers, words: new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2) };
  });
  const bytes = Buffer.from(all.buffer, all.byteOffset, all.byteLength);
  return {
    count,
    totalBytes,
    largestBytes,
    parts,
    facts: sum.digest(),
    path(row) {
      const part = parts[findPart(parts, row)];
      if (part === undefined) throw new RangeError(`there is no row ${row}`);
      return joinPath(part.path, part.names[row - part.first] ?? '');
    },
    isSame(row, other, at) {
      const own = row * NUMBERS_BYTES;
      return other.compare(bytes, own, own + KEY_BYTES, at, at + KEY_BYTES) === 0;
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
