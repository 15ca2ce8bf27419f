/**
 * The state of a journal and its join.
 *
 * State = (set of entries, writer records, grow-only set of applied purges). Join is the union of each, so it is
 * associative, commutative and idempotent by construction: whatever the order, the repetition or the bundling in which
 * parts of a journal arrive, equal sets make equal states. Everything else is a function of the state (view.ts).
 */
import type { Hlc } from './clock.ts';
import type { Said } from './entry.ts';
import type { EntryId, WriterId } from './ids.ts';
import type { WriterRecord } from './writer-record.ts';

/**
 * What an applied purge says of one entry. The entry's words are gone; what it covered is kept, so that values which it
 * had replaced do not come back.
 */
export type Purge = {
  /** The logical id: all sealings of it go. */
  readonly id: EntryId;
  /** Of the sealing that spoke. */
  readonly writer: WriterId;
  readonly hlc: Hlc;
  /** The writer of the first sealing. */
  readonly first: WriterId;
  /** What the entry replaced, removed or took back; sorted. */
  readonly over: readonly EntryId[];
  /** Hashes of the fields that it acted on (see fieldHash); sorted. */
  readonly fields: readonly string[];
};

export type JournalState = {
  readonly entries: ReadonlyMap<EntryId, Said>;
  readonly writers: ReadonlyMap<WriterId, WriterRecord>;
  readonly purges: ReadonlyMap<EntryId, Purge>;
};

export const EMPTY_STATE: JournalState = { entries: new Map(), writers: new Map(), purges: new Map() };

/** A state from its parts, in whatever order they come; repetitions are dropped. */
export function stateOf(
  entries: Iterable<Said>,
  writers: Iterable<WriterRecord>,
  purges: Iterable<Purge> = [],
): JournalState {
  const state = { entries: new Map<EntryId, Said>(), writers: new Map(), purges: new Map() };
  for (const entry of entries) state.entries.set(entry.id, entry);
  for (const record of writers) add(state.writers, record.writer, record, uniteRecords);
  for (const purge of purges) add(state.purges, purge.id, purge, unitePurges);
  return state;
}

/** The union of two states. */
export function join(a: JournalState, b: JournalState): JournalState {
  return {
    // An id is the hash of its entry, so it does not matter whose entry is kept.
    entries: unite(a.entries, b.entries, (one) => one),
    writers: unite(a.writers, b.writers, uniteRecords),
    purges: unite(a.purges, b.purges, unitePurges),
  };
}

type Unite<Value> = (one: Value, other: Value) => Value;

function unite<Key, Value>(
  a: ReadonlyMap<Key, Value>,
  b: ReadonlyMap<Key, Value>,
  both: Unite<Value>,
): ReadonlyMap<Key, Value> {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size === 0) return large;
  const united = new Map(large);
  for (const [key, value] of small) add(united, key, value, both);
  return united;
}

function add<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, both: Unite<Value>): void {
  const known = map.get(key);
  map.set(key, known === undefined ? value : both(known, value));
}

/** A record never changes; but a liar can sign two, and then everybody must believe the same one. */
function uniteRecords(one: WriterRecord, other: WriterRecord): WriterRecord {
  return one.text <= other.text ? one : other;
}

/** Two purges of one entry, made by people who knew different sealings of it: what either keeps is kept. */
function unitePurges(one: Purge, other: Purge): Purge {
  const [lesser, greater] = purgeOrder(one) <= purgeOrder(other) ? [one, other] : [other, one];
  return {
    ...lesser,
    over: [...new Set([...lesser.over, ...greater.over])].sort(),
    fields: [...new Set([...lesser.fields, ...greater.fields])].sort(),
  };
}

function purgeOrder({ hlc, writer, first }: Purge): string {
  return `${hlc} ${writer} ${first}`;
}
