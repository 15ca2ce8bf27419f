/**
 * Journals as trees: validating what a stranger sent, and reading what is trusted already (and verified all the same).
 *
 * Everything that comes out was verified: Segment and WriterRecord can be made in no other way.
 */
import { hlcMs } from '../domain/clock.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { Entry, Said } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import type { WriterId } from '../domain/ids.ts';
import { type JournalPath, parseJournalPath, type SegmentPath, WRITER_JSON } from '../domain/layout.ts';
import { isPurged, type Lineage, lineageOfWriter, type PurgedIds } from '../domain/resolve.ts';
import { SEGMENT_BYTES_MAX, type Segment, verifySegment } from '../domain/segment.ts';
import { type PublicKey, writerIdOf } from '../domain/signature.ts';
import { verifyWriterRecord, WRITER_RECORD_BYTES_MAX, type WriterRecord } from '../domain/writer-record.ts';
import type { GitObjects, ObjectInfo, Oid } from '../ports/git.ts';
import { FETCH_LIMITS, type JournalLimits } from './journal-limits.ts';
import { checkGate, type JournalFile, measureRoot, newFiles } from './journal-walk.ts';
import { refuseObject } from './refuse-object.ts';
import type { VerifiedFiles } from './verified-files.ts';

export type ValidationRequest = {
  readonly tree: Oid;
  readonly writer: WriterId;
  /** A tree of the same writer that is valid already: what has the same path and id in it is not read again. */
  readonly base: Oid | undefined;
  /** Entries that carry one of these ids, or reseal one, are refused; none unless given. */
  readonly purged?: PurgedIds;
  /** FETCH_LIMITS unless given. */
  readonly limits?: JournalLimits;
  /** Entries later than this are refused, milliseconds since the epoch. Only a server asks for it. */
  readonly acceptUntilMs?: number;
  /** False: the tree must have all that the base has. True: the base only saves work. False unless given. */
  readonly allowMissingFromBase?: boolean;
};

/** What a validation found. */
export type Validated = {
  readonly writer: WriterRecord;
  /** New files: their ids and their bytes, uncompressed. */
  readonly newBlobs: ReadonlySet<Oid>;
  readonly newBytes: number;
};

type SegmentFile = JournalFile & { readonly place: SegmentPath };

/** Where a segment was found, and whose words its entries may continue. */
export type SegmentPlace = { readonly file: SegmentFile; readonly lineage: Lineage };

const NONE_PURGED: PurgedIds = new Set();

/**
 * Validates a tree, showing each new segment to `visit` as soon as it is verified; so memory holds one at a time.
 * @throws CmfError `refused`, `damaged` or `newer-format`; one line that names the object, its path and the rule
 */
export async function checkJournalTree(
  objects: GitObjects,
  request: ValidationRequest,
  visit: (segment: Segment, place: SegmentPlace) => void,
): Promise<Validated> {
  const { tree, base, limits = FETCH_LIMITS, allowMissingFromBase = false } = request;
  const writer = await readOwnRecord(objects, tree, request.writer);
  const walk = { tree, base, isBaseOptional: allowMissingFromBase, pathsMax: limits.pathsMax };
  const files = await newFiles(objects, walk);
  const newBytes = await checkSizes(objects, files, limits.sizeBytesMax);
  const isNewRecord = files.some(({ path }) => path === WRITER_JSON);
  if (base !== undefined && isNewRecord && !allowMissingFromBase) await checkSuccession(objects, tree, base, writer);
  const lineage = lineageOfWriter(writer);
  for await (const [file, bytes] of readFiles(objects, files)) {
    if (!isSegmentFile(file)) continue;
    const segment = verifyFile(file, bytes, writer.key);
    const place = { file, lineage };
    for (const entry of segment.entries) checkEntry(place, request, entry);
    visit(segment, place);
  }
  return { writer, newBlobs: new Set(files.map(({ oid }) => oid)), newBytes };
}

/**
 * The record in a journal's tree, if it is that writer's. Costs a few reads, however large the tree is: thousands of refs
 * may point at one large journal, and only one of them can be right.
 * @throws CmfError `refused`, `damaged` or `newer-format`
 */
export async function readOwnRecord(objects: GitObjects, tree: Oid, writer: WriterId): Promise<WriterRecord> {
  await measureRoot(objects, tree);
  const record = await readWriterRecord(objects, tree);
  if (record.writer === writer) return record;
  throw refuseObject(tree, WRITER_JSON, `is of writer ${record.writer}, not of ${writer}`);
}

/** Of two records of one writer the lesser text stands, so a tree may only go from the greater to the lesser. */
async function checkSuccession(objects: GitObjects, tree: Oid, base: Oid, { text }: WriterRecord): Promise<void> {
  if (text < (await readWriterRecord(objects, base)).text) return;
  throw refuseObject(tree, WRITER_JSON, 'was changed');
}

/**
 * Validates a tree and returns its new segments.
 * @throws CmfError as checkJournalTree
 */
export async function validateJournalTree(
  objects: GitObjects,
  request: ValidationRequest,
): Promise<{ readonly writer: WriterRecord; readonly added: readonly Segment[] }> {
  const added: Segment[] = [];
  const { writer } = await checkJournalTree(objects, request, (segment) => added.push(segment));
  return { writer, added };
}

/** How to read entries again: what is kept of each, and what was kept of them before. */
export type Reading = { readonly keep: (entry: Entry) => Said; readonly verified?: VerifiedFiles | undefined };

/**
 * The entries of one writer's tree, segment by segment in the order of its files, each verified. What this process has
 * verified before is not read again, and comes in its turn all the same.
 * @param record what readWriterRecord found in the tree
 * @throws CmfError `refused`, `damaged` or `newer-format`, when it comes to the file that is at fault
 */
export async function* readEntries(
  objects: GitObjects,
  tree: Oid,
  { writer, key }: WriterRecord,
  { keep, verified }: Reading,
): AsyncGenerator<readonly Said[]> {
  const files = segmentFiles(await pathsOf(objects, tree));
  const known = files.map((file) => verified?.find(writer, file));
  const unknown = files.filter((_, i) => known[i] === undefined);
  const reading = verifyFiles(objects, unknown, key);
  for (const entries of known) {
    if (entries !== undefined) yield entries;
    else {
      const next = await reading.next();
      if (next.done !== true) yield next.value.entries.map(keep);
    }
  }
}

/** The verified segments among these paths of a journal's tree; other paths are passed over. */
export function readSegments(
  objects: GitObjects,
  paths: ReadonlyMap<string, Oid>,
  key: PublicKey,
): AsyncGenerator<Segment> {
  return verifyFiles(objects, segmentFiles(paths), key);
}

async function* verifyFiles(
  objects: GitObjects,
  files: readonly SegmentFile[],
  key: PublicKey,
): AsyncGenerator<Segment> {
  for await (const [file, bytes] of readFiles(objects, files)) yield verifyFile(file, bytes, key);
}

function segmentFiles(paths: ReadonlyMap<string, Oid>): SegmentFile[] {
  const files: SegmentFile[] = [];
  for (const [path, oid] of paths) {
    const place = parseJournalPath(path);
    if (place?.kind === 'segment') files.push({ path, place, oid });
  }
  return files;
}

/**
 * The writer's record in a journal's tree.
 * @throws CmfError `newer-format` when the tree has another gate; `refused` or `damaged`
 */
export async function readWriterRecord(objects: GitObjects, tree: Oid): Promise<WriterRecord> {
  const entries = await objects.readTree(tree);
  checkGate(tree, entries);
  const oid = entries.find(({ name }) => name === WRITER_JSON)?.oid;
  if (oid === undefined) throw refuseObject(tree, '', `has no ${WRITER_JSON}`);
  const file: JournalFile = { path: WRITER_JSON, place: { kind: 'writer' }, oid };
  await checkSizes(objects, [file], WRITER_RECORD_BYTES_MAX);
  const bytes = await objects.readBlob(oid);
  return explain(file, () => verifyWriterRecord(decodeUtf8(bytes)));
}

/** All paths of a trusted journal's tree: what this clone wrote or validated, however large it has grown. */
export async function pathsOf(objects: GitObjects, tree: Oid): Promise<Map<string, Oid>> {
  const walk = { tree, base: undefined, isBaseOptional: false, pathsMax: undefined };
  return new Map((await newFiles(objects, walk)).map(({ path, oid }) => [path, oid]));
}

const SIZES_MAX: Readonly<Record<JournalPath['kind'], number>> = {
  gate: 0,
  writer: WRITER_RECORD_BYTES_MAX,
  segment: SEGMENT_BYTES_MAX,
};

/** Files measured with one question. */
const MEASURED_AT_ONCE = 10_000;

/** Measures files before any of them is read; returns the sum. */
async function checkSizes(objects: GitObjects, files: readonly JournalFile[], sumMax: number): Promise<number> {
  let sum = 0;
  for (let start = 0; start < files.length; start += MEASURED_AT_ONCE) {
    const some = files.slice(start, start + MEASURED_AT_ONCE);
    const infos = await objects.infos(some.map(({ oid }) => oid));
    for (const [i, file] of some.entries()) {
      sum += checkSize(file, infos[i]);
      if (sum > sumMax) throw refuseObject(file.oid, file.path, `more than ${sumMax} new bytes at once`);
    }
  }
  return sum;
}

function checkSize({ oid, path, place }: JournalFile, info: ObjectInfo | undefined): number {
  if (info === undefined) throw refuseObject(oid, path, 'is missing');
  if (info.type !== 'blob') throw refuseObject(oid, path, `is a ${info.type} where a file must be`);
  const max = SIZES_MAX[place.kind];
  if (info.sizeBytes <= max) return info.sizeBytes;
  throw refuseObject(oid, path, `has ${info.sizeBytes} bytes; ${max} are the limit for a ${place.kind} file`);
}

async function* readFiles<File extends JournalFile>(
  objects: GitObjects,
  files: readonly File[],
): AsyncGenerator<readonly [File, Uint8Array]> {
  let i = 0;
  for await (const bytes of objects.readBlobs(files.map(({ oid }) => oid))) {
    const file = files[i++];
    if (file !== undefined) yield [file, bytes];
  }
}

function isSegmentFile(file: JournalFile): file is SegmentFile {
  return file.place.kind === 'segment';
}

/** Verifies the bytes of a segment's file against its place. */
function verifyFile(file: SegmentFile, bytes: Uint8Array, key: PublicKey): Segment {
  const { place, oid, path } = file;
  if (sha256Hex(bytes) !== place.sha256) {
    throw refuseObject(oid, path, 'its name does not contain the SHA-256 of its bytes', 'damaged');
  }
  const segment = explain(file, () => verifySegment(decodeUtf8(bytes), key, place.sha256));
  const rule = misplaced(segment, place, writerIdOf(key));
  if (rule !== undefined) throw refuseObject(oid, path, rule, 'damaged');
  return segment;
}

function misplaced({ header, entries, text }: Segment, place: SegmentPath, writer: WriterId): string | undefined {
  if (header.writer !== writer) return `a segment of writer ${header.writer} in the journal of ${writer}`;
  if (header.bucket !== place.bucket) return `a segment of bucket ${header.bucket} in the folder of another`;
  // Where a purge took the first entry out, its time stays in the name and nowhere else.
  const isFirstPurged = text.startsWith('{"purged":', text.indexOf('\n') + 1);
  if (!isFirstPurged && entries[0]?.hlc !== place.hlc) return 'its name does not contain the time of its first entry';
  return undefined;
}

function checkEntry({ file, lineage }: SegmentPlace, request: ValidationRequest, entry: Entry): void {
  const { acceptUntilMs = Number.POSITIVE_INFINITY, purged = NONE_PURGED } = request;
  if (hlcMs(entry.hlc) > acceptUntilMs) {
    const ahead = new Date(hlcMs(entry.hlc)).toISOString();
    throw refuseObject(file.oid, file.path, `entry ${entry.id} is dated ${ahead}, too far in the future`);
  }
  if (!isPurged(entry, purged, () => lineage)) return;
  const { code, message } = refuseObject(file.oid, file.path, `entry ${entry.id} was purged and cannot come back`);
  throw new CmfError(code, { message, hint: 'next: git cmf pull, then git cmf push' });
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CmfError('damaged', { message: 'text is not UTF-8' });
  }
}

/** Runs a check of the domain and adds to its error which object it speaks of. */
function explain<Result>({ oid, path }: JournalFile, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    throw refuseObject(oid, path, error.message, error.code);
  }
}
