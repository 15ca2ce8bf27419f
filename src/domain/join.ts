/**
 * The state of a journal and its join.
 *
 * State = (set of entries, writer records, grow-only set of applied purges). Join is the union of each, so it is
 * associative, commutative and idempotent by construction: whatever the order, the repetition or the bundling in which
 * parts of a journal arrive, equal sets make equal states. Everything else is a function of the state (view.ts).
 */
import type { Hlc } from './clock.ts';
import type { Entry } from './entry.ts';
import type { EntryId, WriterId } from './ids.ts';
import type { WriterRecord } from './writer-record.ts';

/**
 * What an applied purge says of one entry. The entry's words are gone; what it covered is kept, so that values which it
 * had replaced do not come back.
 */
export type Purge = {
  /** The logical id: all sealings of it go. */
  readonly id: EntryId;
  readonly writer: WriterId;
  readonly hlc: Hlc;
  /** What the entry replaced. */
  readonly over: readonly EntryId[];
  /** Hashes of the fields that it assigned (see fieldHash). */
  readonly fields: readonly string[];
};

export type JournalState = {
  readonly entries: ReadonlyMap<EntryId, Entry>;
  readonly writers: ReadonlyMap<WriterId, WriterRecord>;
  readonly purges: ReadonlyMap<EntryId, Purge>;
};

export const EMPTY_STATE: JournalState = { entries: new Map(), writers: new Map(), purges: new Map() };

/** A state from its parts; repetitions are dropped. */
export function stateOf(
  entries: Iterable<Entry>,
  writers: Iterable<WriterRecord>,
  purges: Iterable<Purge> = [],
): JournalState {
  return {
    entries: new Map(Array.from(entries, (entry) => [entry.id, entry])),
    writers: new Map(Array.from(writers, (record) => [record.writer, record])),
    purges: new Map(Array.from(purges, (purge) => [purge.id, purge])),
  };
}

/** The union of two states. */
export function join(a: JournalState, b: JournalState): JournalState {
  return {
    entries: unite(a.entries, b.entries),
    writers: unite(a.writers, b.writers),
    purges: unite(a.purges, b.purges),
  };
}

/** Keys determine values (ids are hashes; a record is immutable), so it does not matter whose value is kept. */
function unite<Key, Value>(a: ReadonlyMap<Key, Value>, b: ReadonlyMap<Key, Value>): ReadonlyMap<Key, Value> {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size === 0) return large;
  const both = new Map(large);
  for (const [key, value] of small) both.set(key, value);
  return both;
}
