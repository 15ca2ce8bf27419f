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
  /** Ends the current log so that it can be journaled and removed; recording goes on in another. */
  rotate(): void;
};

/** A recorder for this process. */
export function openRecorder(clone: Clone): Recorder {
  const wal = openWal(clone.disk, clone.effects, walDirectory(clone));
  let pending = 0;
  return {
    record: (drafts) => {
      if (drafts.length === 0) return [];
      const readings = tickClock(clone, drafts.length);
      const entries = drafts.map((draft, i) => sealEntry(draft, sealOf(clone, readings[i] as Hlc)));
      wal.append(entries.map((entry) => entry.line));
      pending += entries.length;
      return entries;
    },
    get pending() {
      return pending;
    },
    rotate: () => {
      wal.seal();
      pending = 0;
    },
  };
}

function sealOf(clone: Clone, hlc: Hlc) {
  const nonce = Buffer.from(clone.effects.randomBytes(8)).toString('hex');
  return { writer: clone.identity.writer, hlc, nonce };
}
