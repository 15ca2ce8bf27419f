/**
 * Flush: write-ahead logs → segments → one commit → the journal's ref moved by compare-and-swap → logs removed.
 *
 * A log is removed only after the ref has moved. Killed anywhere, the next flush finds the log again; an entry that was
 * journaled twice is one entry, because ids deduplicate.
 */
import { type Entry, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import type { Bucket } from '../domain/ids.ts';
import { GATE, parseJournalPath, segmentPath, WRITER_JSON } from '../domain/layout.ts';
import { type BucketTip, packSegments } from '../domain/pack.ts';
import type { Segment } from '../domain/segment.ts';
import type { CommitResult, Oid, TreeChange } from '../ports/git.ts';
import { type Clone, ownJournal, stateDirectory, walDirectory } from './clone.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import { withLock } from './lock.ts';
import { readWals, removeWal, sealAbandoned, type WalFile } from './wal.ts';

export type FlushReport = {
  readonly kind: 'flushed' | 'nothing' | 'busy';
  readonly entries: number;
  /** Logs with lines that are no entries; they are left where they are. */
  readonly damaged: readonly string[];
};

/** How often a flush begins again because somebody else moved the ref. Each time somebody made progress. */
const TRIES_MAX = 50;

/**
 * Journals what the logs hold.
 * @param options.wait true: wait for another flush to end; false: leave the work to it and return `busy`
 * @param options.live true: also journal what running processes have recorded so far (without removing their logs)
 * @throws CmfError `conflict` when others moved the ref first TRIES_MAX times
 */
export async function flush(clone: Clone, options: { wait: boolean; live?: boolean }): Promise<FlushReport> {
  const report = await withLock(clone, 'flush', options.wait, () => flushAlone(clone, options.live ?? false));
  return report ?? { kind: 'busy', entries: 0, damaged: [] };
}

async function flushAlone(clone: Clone, live: boolean): Promise<FlushReport> {
  const { disk, effects } = clone;
  sealAbandoned(disk, effects, walDirectory(clone));
  const files = readWals(disk, walDirectory(clone)).filter((file) => file.sealed || live);
  const damaged: string[] = [];
  const sound: WalFile[] = [];
  const entries: Entry[] = [];
  for (const file of files) {
    const read = entriesOf(file, clone);
    entries.push(...read.entries);
    if (read.isSound) sound.push(file);
    else damaged.push(file.path);
  }
  const written = entries.length === 0 ? 0 : await commitEntries(clone, entries);
  for (const file of sound) removeWal(disk, file);
  return { kind: written === 0 ? 'nothing' : 'flushed', entries: written, damaged };
}

/** The entries of a log by this writer. Lines that are none stay in the file, for doctor to show. */
function entriesOf(file: WalFile, clone: Clone): { readonly entries: Entry[]; readonly isSound: boolean } {
  const entries: Entry[] = [];
  let isSound = true;
  for (const line of file.lines) {
    try {
      const entry = verifyEntry(line);
      if (entry.writer === clone.identity.writer) entries.push(entry);
      else isSound = false;
    } catch (error) {
      if (!(error instanceof CmfError)) throw error;
      isSound = false;
    }
  }
  return { entries, isSound };
}

/** Appends entries to the journal; those that it has already are left out after a lost race. */
async function commitEntries(clone: Clone, entries: readonly Entry[]): Promise<number> {
  let rest = entries;
  let seen = await clone.repository.refs.resolve(ownJournal(clone));
  let tip = seen;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (tip !== seen) {
      rest = await withoutJournaled(clone, rest, seen, tip as Oid);
      seen = tip;
    }
    if (rest.length === 0) return 0;
    const segments = packSegments(rest, await bucketTips(clone, tip), clone.secret);
    const result = await commitSegments(clone, tip, segments);
    if (result.kind !== 'lost') {
      rememberTips(clone, result.commit, segments);
      return rest.length;
    }
    tip = await clone.repository.refs.resolve(ownJournal(clone));
  }
  throw new CmfError('conflict', {
    message: `${ownJournal(clone)} was moved by others ${TRIES_MAX} times in a row; the records are safe in the log`,
    hint: 'git cmf push',
  });
}

function commitSegments(clone: Clone, tip: Oid | undefined, segments: readonly Segment[]): Promise<CommitResult> {
  const changes: TreeChange[] = segments.map((segment) => ({ path: segmentPath(segment), bytes: segment.text }));
  if (tip === undefined) {
    changes.push({ path: GATE, bytes: '' }, { path: WRITER_JSON, bytes: clone.identity.text });
  }
  const count = segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  return clone.repository.writer.commit({
    ref: ownJournal(clone),
    expected: tip,
    parents: tip === undefined ? [] : [tip],
    changes,
    message: `cmf: ${count} entries\n`,
    timeSeconds: Math.floor(clone.effects.nowMs() / 1000),
  });
}

/** Leaves out the entries that were journaled between two tips. */
async function withoutJournaled(
  clone: Clone,
  entries: readonly Entry[],
  from: Oid | undefined,
  to: Oid,
): Promise<Entry[]> {
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

type TipsHint = { readonly commit: string; readonly tips: readonly (readonly [Bucket, BucketTip])[] };

/** The last segment of each bucket: from the hint if it speaks of this tip, else from the segments themselves. */
async function bucketTips(clone: Clone, tip: Oid | undefined): Promise<ReadonlyMap<Bucket, BucketTip>> {
  if (tip === undefined) return new Map();
  const hint = readHint(clone);
  if (hint?.commit === tip) return new Map(hint.tips);
  const { objects } = clone.repository;
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  const tips = new Map<Bucket, BucketTip>();
  for await (const { header, sha256 } of readSegments(objects, paths, clone.identity.key)) {
    const known = tips.get(header.bucket);
    if (known === undefined || header.number >= known.number)
      tips.set(header.bucket, { number: header.number, sha256 });
  }
  return tips;
}

function readHint(clone: Clone): TipsHint | undefined {
  const bytes = clone.disk.read(`${stateDirectory(clone)}/flush.json`);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as TipsHint;
  } catch {
    return undefined;
  }
}

/** Stores the hint. It is only ever believed for the very commit that it names. */
function rememberTips(clone: Clone, commit: Oid, segments: readonly Segment[]): void {
  const before = readHint(clone);
  const tips = new Map(before?.tips ?? []);
  for (const { header, sha256 } of segments) tips.set(header.bucket, { number: header.number, sha256 });
  clone.disk.writeHint(`${stateDirectory(clone)}/flush.json`, JSON.stringify({ commit, tips: [...tips] }));
}

/** True for a path that holds entries. */
export function isSegmentPath(path: string): boolean {
  return parseJournalPath(path)?.kind === 'segment';
}
