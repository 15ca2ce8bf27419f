/**
 * Flush: write-ahead logs → segments → one commit → the journal's ref moved by compare-and-swap → logs removed.
 *
 * A log is removed only after the ref has moved. Killed anywhere, the next flush finds the log again; an entry that was
 * journaled twice is one entry, because ids deduplicate.
 */
import { gitBlobId } from '../domain/digest.ts';
import { type Entry, type SealedLine, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import type { Bucket } from '../domain/ids.ts';
import { GATE, segmentPath, WRITER_JSON } from '../domain/layout.ts';
import { type BucketTip, packSegments } from '../domain/pack.ts';
import type { Segment } from '../domain/segment.ts';
import type { CommitResult, Oid, TreeChange } from '../ports/git.ts';
import { type Clone, ownJournal, stateDirectory, walDirectory } from './clone.ts';
import { attemptHint, warnOf } from './hint.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import { withLock } from './lock.ts';
import { findWals, removeWal, sealAbandoned, type WalFile } from './wal.ts';

export type FlushReport = {
  readonly kind: 'flushed' | 'nothing' | 'busy' | 'failed';
  readonly entries: number;
  /** Logs with lines that are no entries; they are left where they are. */
  readonly damaged: readonly string[];
};

/** How often a flush begins again because somebody else moved the ref. Each time somebody made progress. */
const TRIES_MAX = 50;

export type FlushOptions = {
  /**
   * True: wait for another flush to end, and throw when this one fails. False: leave the work to the other one (`busy`), and
   * when this one fails (`failed`), warn and leave it to the next: what the logs hold is safe.
   */
  readonly wait: boolean;
  /** Also journal what running processes have recorded so far, without removing their logs. */
  readonly live?: boolean;
  /** Entries that this process sealed itself, by the name of their log; they are not read and checked again. */
  readonly known?: ReadonlyMap<string, readonly SealedLine[]>;
};

/**
 * Journals what the logs hold.
 * @throws CmfError, only if `wait`: `conflict` when others moved the ref first TRIES_MAX times; `environment`
 */
export async function flush(clone: Clone, options: FlushOptions): Promise<FlushReport> {
  try {
    const report = await withLock(clone, 'flush', options.wait, () => flushAlone(clone, options));
    return report ?? { kind: 'busy', entries: 0, damaged: [] };
  } catch (error) {
    if (options.wait) throw error;
    warnOf(clone, error);
    return { kind: 'failed', entries: 0, damaged: [] };
  }
}

async function flushAlone(clone: Clone, { live = false, known = NONE }: FlushOptions): Promise<FlushReport> {
  const { disk, effects } = clone;
  sealAbandoned(disk, effects, walDirectory(clone));
  const files = findWals(disk, walDirectory(clone)).filter((file) => file.sealed || live);
  if (files.length === 0) return { kind: 'nothing', entries: 0, damaged: [] };
  const tip = await clone.repository.refs.resolve(ownJournal(clone));
  const hint = readHint(clone, tip);
  const damaged: string[] = [];
  const stays = new Map<string, number>();
  const entries: SealedLine[] = [];
  for (const file of files) {
    const read = known.get(file.name) ?? entriesOf(file, clone);
    for (const entry of read.slice(hint.journaled.get(file.name) ?? 0)) if (entry !== undefined) entries.push(entry);
    if (read.includes(undefined)) damaged.push(file.path);
    if (!file.sealed || read.includes(undefined)) stays.set(file.name, read.length);
  }
  const written = entries.length === 0 ? 0 : await commitEntries(clone, { tip, hint, entries, journaled: stays });
  for (const file of files) if (!stays.has(file.name)) removeWal(disk, file);
  return { kind: written === 0 ? 'nothing' : 'flushed', entries: written, damaged };
}

const NONE: ReadonlyMap<string, readonly SealedLine[]> = new Map();

/** The entries of a log, line by line; undefined for a line that is no entry of this writer, which doctor will show. */
function entriesOf(file: WalFile, clone: Clone): readonly (SealedLine | undefined)[] {
  return file.lines.map((line) => {
    const entry = entryOf(line);
    return entry?.writer === clone.writer ? entry : undefined;
  });
}

function entryOf(line: string): Entry | undefined {
  try {
    return verifyEntry(line);
  } catch (error) {
    if (error instanceof CmfError) return undefined;
    throw error;
  }
}

type Commission = {
  readonly tip: Oid | undefined;
  readonly hint: Hint;
  readonly entries: readonly SealedLine[];
  /** Lines of each log that stays which this flush journals. */
  readonly journaled: ReadonlyMap<string, number>;
};

/** Appends entries to the journal; those that it has already are left out after a lost race. */
async function commitEntries(clone: Clone, commission: Commission): Promise<number> {
  let { tip, hint, entries } = commission;
  for (let tries = 0; tries < TRIES_MAX && entries.length > 0; tries++) {
    const tips = hint.tips ?? (await bucketTips(clone, tip));
    const segments = packSegments(entries, tips, clone.secret);
    const result = await commitSegments(clone, tip, segments);
    if (result.kind !== 'lost') {
      writeHint(clone, result.commit, tips, segments, commission.journaled);
      return entries.length;
    }
    const moved = await clone.repository.refs.resolve(ownJournal(clone));
    if (moved !== undefined) entries = await withoutJournaled(clone, entries, tip, moved);
    tip = moved;
    hint = readHint(clone, tip);
  }
  if (entries.length === 0) return 0;
  throw new CmfError('conflict', {
    message: `${ownJournal(clone)} was moved by others ${TRIES_MAX} times in a row; the records are safe in the log`,
    hint: 'git cmf push',
  });
}

async function commitSegments(
  clone: Clone,
  tip: Oid | undefined,
  segments: readonly Segment<SealedLine>[],
): Promise<CommitResult> {
  const { writer, refs } = clone.repository;
  const changes: TreeChange[] = segments.map((segment) => ({ path: segmentPath(segment), bytes: segment.text }));
  if (tip === undefined) {
    changes.push({ path: GATE, bytes: '' }, { path: WRITER_JSON, bytes: clone.identity.text });
  }
  const count = segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  const ref = ownJournal(clone);
  const result = await writer.commit({
    ref,
    expected: tip,
    parents: tip === undefined ? [] : [tip],
    changes,
    message: `cmf: ${count} entries\n`,
    timeSeconds: Math.floor(clone.effects.nowMs() / 1000),
  });
  if (result.kind !== 'moved' || (await isStored(clone, result, segments))) return result;
  await refs.update([{ name: ref, expected: result.commit, to: tip }]);
  return { kind: 'lost' };
}

/** A `git gc --prune=now` may take new objects for garbage just before the ref moves to them. */
async function isStored(
  clone: Clone,
  { commit, tree }: { readonly commit: Oid; readonly tree: Oid },
  segments: readonly Segment<SealedLine>[],
): Promise<boolean> {
  const { layout, objects } = clone.repository;
  const blobs = segments.map(({ text }) => gitBlobId(text, layout.objectFormat) as Oid);
  return (await objects.infos([commit, tree, ...blobs])).every((info) => info !== undefined);
}

/** Leaves out the entries that were journaled between two tips. */
async function withoutJournaled(
  clone: Clone,
  entries: readonly SealedLine[],
  from: Oid | undefined,
  to: Oid,
): Promise<SealedLine[]> {
  const { objects } = clone.repository;
  const before = from === undefined ? new Map<string, Oid>() : await pathsOf(objects, await objects.treeOf(from));
  const after = await pathsOf(objects, await objects.treeOf(to));
  const added = new Map([...after].filter(([path]) => !before.has(path)));
  const journaled = new Set<string>();
  for await (const segment of readSegments(objects, added, clone.identity.key)) {
    for (const entry of segment.entries) journaled.add(entry.id);
  }
  return entries.filter((entry) => !journaled.has(entry.id));
}

/** The last segment of each bucket, from the segments themselves. */
async function bucketTips(clone: Clone, tip: Oid | undefined): Promise<ReadonlyMap<Bucket, BucketTip>> {
  const tips = new Map<Bucket, BucketTip>();
  if (tip === undefined) return tips;
  const { objects } = clone.repository;
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  for await (const { header, sha256 } of readSegments(objects, paths, clone.identity.key)) {
    const known = tips.get(header.bucket);
    if (known === undefined || header.number >= known.number)
      tips.set(header.bucket, { number: header.number, sha256 });
  }
  return tips;
}

/** What the last flush left behind to save work; believed only for the very commit that it names. */
type Hint = {
  readonly tips: ReadonlyMap<Bucket, BucketTip> | undefined;
  /** How many lines of a log that is still there are in the journal already. */
  readonly journaled: ReadonlyMap<string, number>;
};

/** How many lines of each log that is still there are in the journal already, as far as is known. */
export async function journaledLines(clone: Clone): Promise<ReadonlyMap<string, number>> {
  return readHint(clone, await clone.repository.refs.resolve(ownJournal(clone))).journaled;
}

type StoredHint = {
  readonly commit: string;
  readonly tips: readonly (readonly [Bucket, BucketTip])[];
  readonly journaled: readonly (readonly [string, number])[];
};

function readHint(clone: Clone, tip: Oid | undefined): Hint {
  const bytes = clone.disk.read(`${stateDirectory(clone)}/flush.json`);
  try {
    const stored = JSON.parse(Buffer.from(bytes ?? new Uint8Array()).toString('utf8')) as StoredHint;
    if (stored.commit === tip) return { tips: new Map(stored.tips), journaled: new Map(stored.journaled) };
  } catch {
    // A hint that a crash cut short is no hint.
  }
  return { tips: undefined, journaled: new Map() };
}

function writeHint(
  clone: Clone,
  commit: Oid,
  before: ReadonlyMap<Bucket, BucketTip>,
  segments: readonly Segment<SealedLine>[],
  journaled: ReadonlyMap<string, number>,
): void {
  const tips = new Map(before);
  for (const { header, sha256 } of segments) tips.set(header.bucket, { number: header.number, sha256 });
  const stored: StoredHint = { commit, tips: [...tips], journaled: [...journaled] };
  attemptHint(clone, () => clone.disk.writeHint(`${stateDirectory(clone)}/flush.json`, JSON.stringify(stored)));
}
