/** What a push really brought: the tip's tree is not all, a history behind it may hide more. */
import { CmfError } from '../domain/errors.ts';
import type { GitObjects, ObjectInfo, Oid } from '../ports/git.ts';
import type { GitServer } from '../ports/git-server.ts';
import { BLOB_BYTES_MAX, type JournalLimits } from './journal-limits.ts';
import { pathsOf } from './journal-tree.ts';

/** The new objects of a push, measured. */
export type Arrived = {
  /**
   * Every new file must be one of these, or of the base.
   * @throws CmfError `refused` naming the first that is not
   */
  requireOnly(files: ReadonlySet<Oid>, base: Oid | undefined): Promise<void>;
};

/** Folders and commits that come with one file, at most: a flush writes a commit and up to five folders for a segment. */
const OBJECTS_PER_PATH = 8;
const MEASURED_AT_ONCE = 1000;

/**
 * Measures all that a tip brings, its history included, before anything is read.
 * @throws CmfError `refused` for an object or a sum above the limits
 */
export async function checkNewObjects(
  objects: GitObjects,
  server: GitServer,
  tip: Oid,
  limits: JournalLimits,
): Promise<Arrived> {
  const blobs: Oid[] = [];
  let count = 0;
  let sum = 0;
  for await (const some of chunks(server.newObjects([tip]), MEASURED_AT_ONCE)) {
    count += some.length;
    if (count > limits.pathsMax * OBJECTS_PER_PATH)
      throw refuse(`more than ${count - some.length} new objects at once`);
    for (const info of await objects.infos(some)) {
      if (info === undefined) continue;
      sum += checkSize(info);
      if (info.type === 'blob') blobs.push(info.oid);
    }
    // Folders are written again with every commit, so all together may be larger than the files.
    if (sum > limits.sizeBytesMax * OBJECTS_PER_PATH) throw refuse(`object ${tip}: more than ${sum} new bytes at once`);
  }
  return { requireOnly: (files, base) => requireOnly(objects, blobs, files, base) };
}

function checkSize({ oid, type, sizeBytes }: ObjectInfo): number {
  if (sizeBytes > BLOB_BYTES_MAX) {
    throw refuse(`object ${oid}: a ${type} of ${sizeBytes} bytes; ${BLOB_BYTES_MAX} are the limit for any object`);
  }
  return sizeBytes;
}

async function requireOnly(
  objects: GitObjects,
  blobs: readonly Oid[],
  files: ReadonlySet<Oid>,
  base: Oid | undefined,
): Promise<void> {
  const strangers = blobs.filter((oid) => !files.has(oid));
  if (strangers.length === 0) return;
  const known = new Set(base === undefined ? [] : (await pathsOf(objects, base)).values());
  const hidden = strangers.find((oid) => !known.has(oid));
  if (hidden !== undefined) throw refuse(`object ${hidden}: lies in the history, but not in the journal at its tip`);
}

function refuse(message: string): CmfError {
  return new CmfError('refused', { message });
}

async function* chunks<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let chunk: Item[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
