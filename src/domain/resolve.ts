/**
 * Which entries speak: purged and retracted ones are set aside, and of several sealings of one entry one is chosen.
 */
import type { Said } from './entry.ts';
import type { EntryId, WriterId } from './ids.ts';
import type { JournalState, Purge } from './join.ts';
import { RETRACTION } from './purge.ts';
import type { WriterRecord } from './writer-record.ts';

/** A writer and all that it continues: whose words it may cover and take back. */
export type Lineage = ReadonlySet<WriterId>;

/** Ids that purges name: a set of them, or the purges by id. */
export type PurgedIds = Pick<ReadonlySet<EntryId>, 'has' | 'size'>;

/** One entry that has not been purged, under its logical id. */
export type Statement = {
  /** The id of the first sealing: what `over`, `from` and `retract` name. */
  readonly id: EntryId;
  readonly entry: Said;
  /** True if its writer, or one that continues it, took it back. It still carries what it covered. */
  readonly retracted: boolean;
};

export type Resolution = {
  readonly statements: ReadonlyMap<EntryId, Statement>;
  readonly purges: ReadonlyMap<EntryId, Purge>;
  /** Purged entries that had been taken back: they cover nothing any more, but still carry what they covered. */
  readonly retractedPurges: ReadonlySet<EntryId>;
  lineageOf(writer: WriterId): Lineage;
};

type LineageOf = Resolution['lineageOf'];

/** Sorts out a state. A pure function of the sets in it. */
export function resolve(state: JournalState): Resolution {
  const lineageOf = lineages(state);
  const speakers = new Map<EntryId, Said>();
  for (const entry of state.entries.values()) {
    if (isPurged(entry, state.purges, lineageOf)) continue;
    const id = logicalId(entry, state, lineageOf);
    const other = speakers.get(id);
    if (other === undefined || speaksBefore(entry, other, id)) speakers.set(id, entry);
  }
  const retracted = retractions(speakers, state.purges, lineageOf);
  const statements = new Map<EntryId, Statement>();
  for (const [id, entry] of speakers) statements.set(id, { id, entry, retracted: retracted.has(id) });
  return {
    statements,
    purges: state.purges,
    retractedPurges: new Set([...state.purges.keys()].filter((id) => retracted.has(id))),
    lineageOf,
  };
}

/** The entries that no purge hides, in no particular order. All sealings of an entry count. */
export function* visibleEntries(state: JournalState): Iterable<Said> {
  const lineageOf = lineages(state);
  for (const entry of state.entries.values()) if (!isPurged(entry, state.purges, lineageOf)) yield entry;
}

function lineages(state: JournalState): LineageOf {
  const cache = new Map<WriterId, Lineage>();
  return (writer) => {
    const known = cache.get(writer);
    if (known !== undefined) return known;
    const lineage = lineageOfWriter(state.writers.get(writer) ?? { writer, predecessors: [] });
    cache.set(writer, lineage);
    return lineage;
  };
}

/** The id that `was` claims, if its writer is one that this one continues; else the entry's own. */
function claimedId({ id, was, writer }: Said, lineageOf: LineageOf): EntryId {
  return was !== undefined && lineageOf(writer).has(was.writer) ? was.id : id;
}

/**
 * True if a purge took the entry away: by its own id, or by that of its first sealing. Asks nothing of the purged bytes, so
 * it makes no difference whether they are still there.
 */
export function isPurged(entry: Said, purged: PurgedIds, lineageOf: LineageOf): boolean {
  return purged.size > 0 && (purged.has(entry.id) || purged.has(claimedId(entry, lineageOf)));
}

/** A writer and all that it continues. */
export function lineageOfWriter({ writer, predecessors }: Pick<WriterRecord, 'writer' | 'predecessors'>): Lineage {
  return new Set([writer, ...predecessors.map((one) => one.writer)]);
}

/** The id of the first sealing. Nobody speaks for the entry of a writer whom he does not continue. */
function logicalId(entry: Said, state: JournalState, lineageOf: LineageOf): EntryId {
  if (entry.was === undefined) return entry.id;
  const id = claimedId(entry, lineageOf);
  const original = state.entries.get(id);
  return original === undefined || id === entry.id || original.writer === entry.was?.writer ? id : entry.id;
}

/** Resealed before original, then the smallest id. */
function speaksBefore(entry: Said, other: Said, id: EntryId): boolean {
  const resealed = entry.id !== id;
  if (resealed !== (other.id !== id)) return resealed;
  return entry.id < other.id;
}

/** Something that can be taken back, and whose it is: of the writer who sealed it, and of the one who did so first. */
type Target = { readonly owners: readonly WriterId[]; readonly isRetraction: boolean };

function retractions(
  speakers: ReadonlyMap<EntryId, Said>,
  purges: ReadonlyMap<EntryId, Purge>,
  lineageOf: LineageOf,
): ReadonlySet<EntryId> {
  const retracted = new Set<EntryId>();
  const retract = (writer: WriterId, ids: readonly EntryId[]) => {
    const lineage = lineageOf(writer);
    for (const id of ids) {
      const target = targetOf(id, speakers, purges);
      // A retraction is final: it cannot itself be taken back.
      if (target === undefined || target.isRetraction) continue;
      if (target.owners.some((owner) => lineage.has(owner))) retracted.add(id);
    }
  };
  for (const { operation, writer } of speakers.values()) {
    if (operation.kind === 'retract') retract(writer, operation.ids);
  }
  for (const { writer, over, fields } of purges.values()) if (fields.includes(RETRACTION)) retract(writer, over);
  return retracted;
}

function targetOf(
  id: EntryId,
  speakers: ReadonlyMap<EntryId, Said>,
  purges: ReadonlyMap<EntryId, Purge>,
): Target | undefined {
  const purge = purges.get(id);
  if (purge !== undefined) {
    return { owners: [purge.writer, purge.first], isRetraction: purge.fields.includes(RETRACTION) };
  }
  const entry = speakers.get(id);
  if (entry === undefined) return undefined;
  const isRetraction = entry.operation.kind === 'retract';
  return { owners: entry.was?.id === id ? [entry.writer, entry.was.writer] : [entry.writer], isRetraction };
}
