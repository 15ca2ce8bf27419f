/**
 * Seals operations into entries and makes them durable. The only place that writes a record.
 */
import { type Entry, type EntryDraft, type SealedLine, sealEntry } from '../domain/entry.ts';
import { type Clone, walDirectory } from './clone.ts';
import { openTicker } from './clone-clock.ts';
import { attemptHint } from './hint.ts';
import { openWal } from './wal.ts';

export type Recorder = {
  /**
   * Seals drafts and puts them aside; `commit` makes them durable. All or nothing for the drafts of one call.
   * @throws CmfError `usage` when one of them cannot be sealed
   */
  stage(drafts: readonly EntryDraft[]): readonly Entry[];
  /**
   * Makes durable what was staged, with one sync. When it throws, nothing of it is promised: what reached the disk whole all
   * the same counts as recorded.
   */
  commit(): void;
  /** Stages and commits. */
  record(drafts: readonly EntryDraft[]): readonly Entry[];
  /** How many entries were committed and not yet handed over by rotate. */
  readonly pending: number;
  /**
   * Ends the current log so that it can be journaled and removed; recording goes on in another.
   * @returns the committed entries by the name of their log, so that a flush in this process need not read them again
   */
  rotate(): ReadonlyMap<string, readonly SealedLine[]>;
};

const NONCE_BYTES = 8;
/** Nonces are drawn from the system for so many entries at once. */
const NONCES = 64;

/** A recorder for this process. */
export function openRecorder(clone: Clone): Recorder {
  const wal = openWal(clone.disk, clone.effects, walDirectory(clone));
  const ticker = openTicker(clone);
  const nonce = nonceSource(clone);
  let staged: SealedLine[] = [];
  let committed = new Map<string, SealedLine[]>();
  let pending = 0;
  const recorder: Recorder = {
    stage: (drafts) => {
      const { writer } = clone;
      const entries = drafts.map((draft) => sealEntry(draft, { writer, hlc: ticker.next(), nonce: nonce() }));
      for (const { id, line, bucket, hlc } of entries) staged.push({ id, line, writer, bucket, hlc });
      return entries;
    },
    commit: () => {
      const entries = staged;
      staged = [];
      if (entries.length === 0) return;
      ticker.save();
      const name = wal.append(entries.map((entry) => entry.line));
      const before = committed.get(name);
      if (before === undefined) committed.set(name, entries);
      else for (const entry of entries) before.push(entry);
      pending += entries.length;
    },
    record: (drafts) => {
      const entries = recorder.stage(drafts);
      recorder.commit();
      return entries;
    },
    get pending() {
      return pending;
    },
    rotate: () => {
      // A log that cannot be sealed now is sealed when this process has ended.
      attemptHint(clone, () => wal.seal());
      const handed = committed;
      committed = new Map();
      pending = 0;
      return handed;
    },
  };
  return recorder;
}

function nonceSource(clone: Clone): () => string {
  let pool = '';
  return () => {
    if (pool === '') pool = Buffer.from(clone.effects.randomBytes(NONCE_BYTES * NONCES)).toString('hex');
    const nonce = pool.slice(0, 2 * NONCE_BYTES);
    pool = pool.slice(2 * NONCE_BYTES);
    return nonce;
  };
}
