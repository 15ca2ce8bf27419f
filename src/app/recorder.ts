/**
 * Seals operations into entries and makes them durable. The only place that writes a record.
 */
import type { Hlc } from '../domain/clock.ts';
import { type Entry, type EntryDraft, sealEntry } from '../domain/entry.ts';
import { type Clone, tickClock, walDirectory } from './clone.ts';
import { openWal } from './wal.ts';

export type Recorder = {
  /** Seals and stores; when it returns, the records are durable. All or nothing for drafts that cannot be sealed. */
  record(drafts: readonly EntryDraft[]): Entry[];
  /** How many entries were recorded and not yet handed over by rotate. */
  readonly pending: number;
  /**
   * Ends the current log so that it can be journaled and removed; recording goes on in another.
   * @returns the entries in it by line, so that a flush in this process need not check its own words again
   */
  rotate(): ReadonlyMap<string, Entry>;
};

const NONCE_BYTES = 8;

/** A recorder for this process. */
export function openRecorder(clone: Clone): Recorder {
  const wal = openWal(clone.disk, clone.effects, walDirectory(clone));
  let pending = new Map<string, Entry>();
  return {
    record: (drafts) => {
      if (drafts.length === 0) return [];
      const readings = tickClock(clone, drafts.length);
      const nonces = Buffer.from(clone.effects.randomBytes(NONCE_BYTES * drafts.length)).toString('hex');
      const { writer } = clone;
      const entries = drafts.map((draft, i) => {
        const nonce = nonces.slice(2 * NONCE_BYTES * i, 2 * NONCE_BYTES * (i + 1));
        return sealEntry(draft, { writer, hlc: readings[i] as Hlc, nonce });
      });
      wal.append(entries.map((entry) => entry.line));
      for (const entry of entries) pending.set(entry.line, entry);
      return entries;
    },
    get pending() {
      return pending.size;
    },
    rotate: () => {
      wal.seal();
      const handed = pending;
      pending = new Map();
      return handed;
    },
  };
}
