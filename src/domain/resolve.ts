/**
 * Which entries speak: purged and retracted ones are set aside, and of several sealings of one entry one is chosen.
 */
import type { Entry } from './entry.ts';
import type { EntryId, WriterId } from './ids.ts';
import type { JournalState, Purge } from './join.ts';

/** A writer and all that it continues: whose words it may cover and take back. */
export type Lineage = ReadonlySet<WriterId>;

/** One entry that has not been purged, under its logical id. */
export type Statement = {
  /** The id of the first sealing: what `over`, `from` and `retract` name. */
  readonly id: EntryId;
  readonly entry: Entry;
  /** True if its writer, or one that continues it, took it back. It still carries what it covered. */
  readonly retracted: boolean;
};

export type Resolution = {
  readonly statements: ReadonlyMap<EntryId, Statement>;
  readonly purges: ReadonlyMap<EntryId, Purge>;
  lineageOf(writer: WriterId): Lineage;
};

/** Sorts out a state. A pure function of the sets in it. */
export function resolve(state: JournalState): Resolution {
  const lineageOf = lineages(state);
  const speakers = new Map<EntryId, Entry>();
  for (const entry of state.entries.values()) {
    const id = logicalId(entry, lineageOf);
    if (state.purges.has(id) || state.purges.has(entry.id)) continue;
    const other = speakers.get(id);
    if (other === undefined || speaksBefore(entry, other, id)) speakers.set(id, entry);
  }
  const retracted = retractions(speakers, lineageOf);
  const statements = new Map<EntryId, Statement>();
  for (const [id, entry] of speakers) statements.set(id, { id, entry, retracted: retracted.has(id) });
  return { statements, purges: state.purges, lineageOf };
}

function lineages(state: JournalState): (writer: WriterId) => Lineage {
  const cache = new Map<WriterId, Lineage>();
  return (writer) => {
    const known = cache.get(writer);
    if (known !== undefined) return known;
    const lineage = new Set([writer, ...(state.writers.get(writer)?.predecessors ?? []).map((one) => one.writer)]);
    cache.set(writer, lineage);
    return lineage;
  };
}

/** The id of the first sealing; `was` counts only from the writer itself or one that continues it. */
function logicalId(entry: Entry, lineageOf: (writer: WriterId) => Lineage): EntryId {
  const { was } = entry;
  return was !== undefined && lineageOf(entry.writer).has(was.writer) ? was.id : entry.id;
}

/** Resealed before original, then the smallest id. */
function speaksBefore(entry: Entry, other: Entry, id: EntryId): boolean {
  const resealed = entry.id !== id;
  if (resealed !== (other.id !== id)) return resealed;
  return entry.id < other.id;
}

function retractions(
  speakers: ReadonlyMap<EntryId, Entry>,
  lineageOf: (writer: WriterId) => Lineage,
): ReadonlySet<EntryId> {
  const retracted = new Set<EntryId>();
  for (const { operation, writer } of speakers.values()) {
    if (operation.kind !== 'retract') continue;
    const lineage = lineageOf(writer);
    for (const id of operation.ids) {
      const target = speakers.get(id);
      // A retraction is final: it cannot itself be taken back.
      if (target === undefined || target.operation.kind === 'retract') continue;
      if (lineage.has(target.was?.writer ?? target.writer) || lineage.has(target.writer)) retracted.add(id);
    }
  }
  return retracted;
}
