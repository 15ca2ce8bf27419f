import type { Digest } from '../../domain/digest.ts';
import { createFileTable, type FileTable } from '../../domain/file-table.ts';
import { compareUtf8 } from '../../domain/utf8-order.ts';
import type { HashedDirectory, LeftOut } from '../../ports/hasher.ts';
import { describeDirectory } from './describe-directory.ts';
import type { DvcPlace } from './dvc-place.ts';
import { changedWhileHashed } from './file-failure.ts';
import type { DirectorySums } from './folder-memory.ts';
import { hashMembers } from './hash-members.ts';
import type { HashWork } from './hash-work.ts';
import { isListKept, keepText } from './keep-text.ts';
import { type ShelfSurvey, surveyShelves } from './shelf-survey.ts';
import { type Survey, surveyDirectory } from './survey-directory.ts';

type Found = Pick<HashedDirectory, 'digests' | 'listFiles'> & { readonly problem: string | undefined };

/**
 * Hashes a directory. One that did not change since it was last hashed costs a stat for each file, and nothing else.
 * @param again the same work without keeping, for a list of files that is asked for later; who asks closes it
 */
export async function hashDirectory(
  path: string,
  place: DvcPlace,
  work: HashWork,
  again: () => HashWork,
): Promise<Omit<HashedDirectory, 'dvc'> & { readonly problem: string | undefined }> {
  const leftOut: LeftOut[] = [];
  const survey = await surveyDirectory(path, {
    rules: place.rules,
    inRepository: place.inRepository,
    leaveOut: (left: LeftOut) => leftOut.push(left),
  });
  const shelves = openShelves(work);
  const known = work.memory?.recall(survey.facts);
  const found =
    known !== undefined && isKept(known, work, shelves)
      ? { digests: digestsOf(known), problem: undefined, listFiles: once(() => listAgain(path, survey, again())) }
      : await hashAll(survey, work, shelves);
  return {
    kind: 'directory',
    ...found,
    sizeBytes: survey.totalBytes,
    nfiles: survey.count,
    leftOut: leftOut.sort((a, b) => compareUtf8(a.path, b.path)),
  };
}

function openShelves({ objects, memoryFile }: HashWork): ShelfSurvey | undefined {
  return objects === undefined || memoryFile === undefined ? undefined : surveyShelves(objects, memoryFile);
}

function isKept(sums: DirectorySums, { how }: HashWork, shelves: ShelfSurvey | undefined): boolean {
  if (how.keepIn === undefined) return true;
  return shelves?.isComplete(nameOf(sums.md5), 'trusted') === true && isListKept(how.keepIn, sums);
}

/** What the shelves know a directory by. */
function nameOf(md5: string): string {
  return `md5-dir:${md5}`;
}

function digestsOf({ md5, blake3 }: DirectorySums): readonly Digest[] {
  return [
    { kind: 'md5-dir', value: md5 },
    { kind: 'blake3-tree', value: blake3 },
  ];
}

async function hashAll(survey: Survey, work: HashWork, shelves: ShelfSurvey | undefined): Promise<Found> {
  shelves?.begin();
  const files = createFileTable();
  const members = await hashMembers(survey, files, work);
  const { digests, sums, problem } = describeDirectory(files, await work.load());
  if (sums !== undefined && problem === undefined) {
    if (work.how.keepIn !== undefined) keepText(work.how.keepIn, sums, files);
    if (members.isKnown) shelves?.remember(nameOf(sums.md5), 'trusted');
    if (members.isLasting) work.memory?.remember(survey.facts, sums);
  }
  return { digests, problem, listFiles: async () => files };
}

/** @throws CmfError `conflict` when a file changed since the survey */
async function listAgain(path: string, survey: Survey, work: HashWork): Promise<FileTable> {
  const files = createFileTable();
  try {
    const { isAsSurveyed } = await hashMembers(survey, files, work);
    if (isAsSurveyed) return files;
  } finally {
    await work.crew.close();
  }
  throw changedWhileHashed(path);
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
