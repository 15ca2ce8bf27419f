/**
 * Flush: write-ahead logs → segments → one commit → the journal's ref moved by compare-and-swap → logs removed.
 *
 * A log is removed only after the ref has moved. Killed anywhere, the next flush finds the log again; an entry that was
 * journaled twice is one entry, because ids deduplicate.
 */
import { type Entry, type SealedLine, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { REFS, type WriterId } from '../domain/ids.ts';
import { isPurged, lineageOfWriter } from '../domain/resolve.ts';
import { type Addition, appendEntries, withoutJournaled } from './append-journal.ts';
import { type Clone, ownJournal, stateDirectory, walDirectory } from './clone.ts';
import { readPurges } from './control.ts';
import { type FlushHint, readFlushHint, writeFlushHint } from './flush-hint.ts';
import { warnOf } from './hint.ts';
import { findIdentity, type Identity } from './keyring.ts';
import { withLock } from './lock.ts';
import { hasPurges } from './purge-mark.ts';
import { findWals, removeWal, sealAbandoned, type WalFile } from './wal.ts';

export type FlushReport = {
  readonly kind: 'flushed' | 'nothing' | 'busy' | 'failed';
  readonly entries: number;
  /** Logs with lines that are no entries; they are left where they are. */
  readonly damaged: readonly string[];
};

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
 * @throws CmfError, only if `wait`: `conflict` when others moved the ref first again and again; `environment`
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
  const all = findWals(disk, walDirectory(clone));
  if (!all.some((file) => file.sealed || live)) return { kind: 'nothing', entries: 0, damaged: [] };
  const tip = await clone.repository.refs.resolve(ownJournal(clone));
  const hint = readFlushHint(clone, tip);
  // Without the hint nobody knows what of a log is journaled, so all are looked at: the next hint speaks for all again.
  const files = all.filter((file) => file.sealed || live || isLost(hint, tip));
  const writers = writersOf(clone);
  const damaged: string[] = [];
  const stays = journaledOf(
    all.filter((file) => !files.includes(file)),
    hint,
  );
  const entries: SealedLine[] = [];
  const isGone = await purgedLines(clone, writers);
  for (const file of files) {
    const read = known.get(file.name) ?? entriesOf(file, writers);
    for (const entry of read.slice(hint.journaled.get(file.name) ?? 0)) {
      if (entry !== undefined && !isGone(entry)) entries.push(entry);
    }
    if (read.includes(undefined)) damaged.push(file.path);
    if (!file.sealed || read.includes(undefined)) stays.set(file.name, read.length);
  }
  const written = await journal(clone, { tip, hint, entries, stays, writers });
  for (const file of files) if (!stays.has(file.name)) removeWal(disk, file);
  return { kind: written === 0 ? 'nothing' : 'flushed', entries: written, damaged };
}

/** True when our journal was moved there by anything but a flush. */
function isLost(hint: FlushHint, tip: Addition['tip']): boolean {
  return tip !== undefined && hint.tips === undefined;
}

/** What is known of logs that a flush leaves alone. */
function journaledOf(files: readonly WalFile[], { journaled }: FlushHint): Map<string, number> {
  return new Map(files.map(({ name }) => [name, journaled.get(name) ?? 0]));
}

/** Which lines a purge has taken out. Costs one look for a file where nothing was ever purged. */
async function purgedLines(clone: Clone, writers: Writers): Promise<(line: SealedLine) => boolean> {
  if (!hasPurges(clone)) return () => false;
  const { applied } = await readPurges(clone);
  const lineageOf = (writer: WriterId) => lineageOfWriter(writers(writer)?.identity ?? { writer, predecessors: [] });
  return ({ line }) => applied.size > 0 && isPurged(verifyEntry(line), applied, lineageOf);
}

const NONE: ReadonlyMap<string, readonly SealedLine[]> = new Map();

/** Who this clone is or was, by the writer of a line; undefined for a stranger. Keys are read when a line asks for them. */
type Writers = (writer: WriterId) => Identity | undefined;

function writersOf(clone: Clone): Writers {
  const known = new Map<WriterId, Identity | undefined>([[clone.writer, clone]]);
  return (writer) => {
    if (!known.has(writer)) known.set(writer, findIdentity(clone.disk, stateDirectory(clone), writer));
    return known.get(writer);
  };
}

/** The entries of a log, line by line; undefined for a line that nobody here can sign, which doctor will show. */
function entriesOf(file: WalFile, writers: Writers): readonly (SealedLine | undefined)[] {
  return file.lines.map((line) => {
    const entry = entryOf(line);
    return entry === undefined || writers(entry.writer) === undefined ? undefined : entry;
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

type Work = {
  readonly tip: Addition['tip'];
  readonly hint: FlushHint;
  readonly entries: readonly SealedLine[];
  /** Lines of each log that stays which are in the journal after this flush. */
  readonly stays: ReadonlyMap<string, number>;
  readonly writers: Writers;
};

/** Former writers come first: the hint that the clone's own commit leaves speaks for all lines of a log. */
async function journal(clone: Clone, { tip, hint, entries, stays, writers }: Work): Promise<number> {
  let written = 0;
  const own: SealedLine[] = [];
  const others = new Map<WriterId, SealedLine[]>();
  for (const entry of entries) {
    if (entry.writer === clone.writer) own.push(entry);
    else groupOf(others, entry.writer).push(entry);
  }
  for (const [writer, lines] of others) {
    const identity = writers(writer);
    if (identity !== undefined) written += await journalAs(clone, identity, lines);
  }
  const fresh = tip !== undefined && isLost(hint, tip) ? await withoutJournaled(clone, own, undefined, tip) : own;
  const addition = { tip, tips: hint.tips, entries: fresh };
  const appended = await appendEntries(clone, addition, (moved) => readFlushHint(clone, moved).tips);
  if (appended === undefined) return written;
  writeFlushHint(clone, appended.commit, appended.tips, stays);
  return written + appended.entries;
}

function groupOf(groups: Map<WriterId, SealedLine[]>, writer: WriterId): SealedLine[] {
  const group = groups.get(writer) ?? [];
  groups.set(writer, group);
  return group;
}

/** What a former writer of this clone left in the logs goes into that writer's own journal, under its own signature. */
async function journalAs(
  { repository, effects }: Clone,
  { writer, identity, secret }: Identity,
  lines: readonly SealedLine[],
): Promise<number> {
  const author = { repository, effects, writer, identity, secret };
  const tip = await repository.refs.resolve(REFS.journal + writer);
  const entries = tip === undefined ? lines : await withoutJournaled(author, lines, undefined, tip);
  const appended = await appendEntries(author, { tip, tips: undefined, entries }, () => undefined);
  return appended?.entries ?? 0;
}
