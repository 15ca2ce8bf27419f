/** What a push really brought: the tip's tree is not all, a history behind it may hide more. */
import { sha256Hex } from '../domain/digest.ts';
import { CmfError } from '../domain/errors.ts';
import type { EntryId, WriterId } from '../domain/ids.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import { SEGMENT_BYTES_MAX } from '../domain/segment.ts';
import { verifyWriterRecord, WRITER_RECORD_BYTES_MAX } from '../domain/writer-record.ts';
import type { GitObjects, ObjectInfo, ObjectType, Oid } from '../ports/git.ts';
import type { GitServer } from '../ports/git-server.ts';
import type { JournalLimits } from './journal-limits.ts';
import { pathsOf } from './journal-tree.ts';

/** What a push may bring. */
export type Allowed = {
  readonly writer: WriterId;
  readonly files: ReadonlySet<Oid>;
  readonly base: Oid | undefined;
  /** Only names what is refused: nothing that is not allowed comes in. */
  readonly purged: PurgedIds;
};

/** The new objects of a push, measured. */
export type Arrived = {
  /**
   * Every new file must be one of these, or of the base, or a writer.json of the writer that a lesser one replaced.
   * @throws CmfError `refused` naming the first that is not
   */
  requireOnly(allowed: Allowed): Promise<void>;
};

/** Folders and commits that come with one file, at most: a flush writes a commit and up to five folders for a segment. */
const OBJECTS_PER_PATH = 8;
const MEASURED_AT_ONCE = 1000;

/** What no object of an honest journal exceeds, in bytes. Nothing checks the words of a commit, so it has few. */
const SIZES_MAX: Readonly<Record<ObjectType, number>> = {
  blob: SEGMENT_BYTES_MAX,
  tree: 16 * 1024 * 1024,
  commit: 4 * 1024,
  tag: 0,
};

/** What all refs of one push together may still bring; spent also by what is refused. */
export type ObjectBudget = { count: number; sizeBytes: number };

/** The budget of a push that has brought nothing yet. */
export function objectBudget({ pathsMax, sizeBytesMax }: JournalLimits): ObjectBudget {
  // Folders are written again with every commit, so all together may be larger than the files.
  return { count: pathsMax * OBJECTS_PER_PATH, sizeBytes: sizeBytesMax * OBJECTS_PER_PATH };
}

/**
 * Measures all that a tip brings, its history included, before anything is read, and spends the budget.
 * @throws CmfError `refused` for an object above the limits, or when the budget is spent
 */
export async function checkNewObjects(
  objects: GitObjects,
  server: GitServer,
  tip: Oid,
  budget: ObjectBudget,
): Promise<Arrived> {
  const blobs: Oid[] = [];
  for await (const some of chunks(server.newObjects([tip]), MEASURED_AT_ONCE)) {
    budget.count -= some.length;
    if (budget.count < 0) throw refuse(`object ${tip}: more new objects than one push may bring`);
    for (const info of await objects.infos(some)) {
      if (info === undefined) continue;
      budget.sizeBytes -= checkSize(info);
      if (info.type === 'blob') blobs.push(info.oid);
    }
    if (budget.sizeBytes < 0) throw refuse(`object ${tip}: more new bytes than one push may bring`);
  }
  return { requireOnly: (allowed) => requireOnly(objects, blobs, allowed) };
}

function checkSize({ oid, type, sizeBytes }: ObjectInfo): number {
  const max = SIZES_MAX[type];
  if (sizeBytes <= max) return sizeBytes;
  throw refuse(`object ${oid}: a ${type} of ${sizeBytes} bytes; ${max} are the limit`);
}

async function requireOnly(
  objects: GitObjects,
  blobs: readonly Oid[],
  { writer, files, base, purged }: Allowed,
): Promise<void> {
  const strangers = blobs.filter((oid) => !files.has(oid));
  if (strangers.length === 0) return;
  const known = new Set(base === undefined ? [] : (await pathsOf(objects, base)).values());
  for (const oid of strangers) {
    if (known.has(oid) || (await isRecordOf(objects, oid, writer))) continue;
    const gone = purged.size === 0 ? undefined : await purgedIn(objects, oid, purged);
    if (gone !== undefined) throw comesBack(oid, gone);
    throw refuse(`object ${oid}: lies in the history, but not in the journal at its tip`);
  }
}

/** The first line of a file that was purged. Its size has been measured. */
async function purgedIn(objects: GitObjects, oid: Oid, purged: PurgedIds): Promise<EntryId | undefined> {
  const lines = Buffer.from(await objects.readBlob(oid))
    .toString('utf8')
    .split('\n');
  return lines.map((line) => sha256Hex(line) as EntryId).find((id) => purged.has(id));
}

function comesBack(oid: Oid, id: EntryId): CmfError {
  return new CmfError('refused', {
    message: `object ${oid}: lies in the history, and entry ${id} was purged and cannot come back`,
    hint: 'next: git cmf pull, then git cmf push',
  });
}

async function isRecordOf(objects: GitObjects, oid: Oid, writer: WriterId): Promise<boolean> {
  const info = await objects.info(oid);
  if (info === undefined || info.sizeBytes > WRITER_RECORD_BYTES_MAX) return false;
  const text = Buffer.from(await objects.readBlob(oid)).toString();
  try {
    return verifyWriterRecord(text).writer === writer;
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return false;
  }
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
