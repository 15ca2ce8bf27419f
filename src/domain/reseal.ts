/**
 * Sealing again what a writer could not get accepted, as its successor: each entry keeps its words, its logical id and the
 * claimed time of its event; writer, clock and nonce are new.
 *
 * What covers what must stay as it was. Within one writer time decides, so order is kept; and where the new clock is behind
 * the old one, `over` names what time no longer covers.
 */
import { decodeCanonical, encodeCanonical, type JsonObject } from './canonical-json.ts';
import { type Hlc, hlcMs } from './clock.ts';
import { ENTRY_BYTES_MAX, type Entry, type FirstSealing, verifyEntry } from './entry.ts';
import type { EntryId, WriterId } from './ids.ts';
import { purgeOf } from './purge.ts';
import type { Resolution, Statement } from './resolve.ts';

/** What sealing adds, and the bytes that are sealed again; collected by the caller. */
export type Resealing = {
  /** The stored line of an entry; undefined: it is not here, and cannot be sealed again. */
  readonly lineOf: (id: EntryId) => string | undefined;
  readonly writer: WriterId;
  /** Later at each call. */
  readonly nextHlc: () => Hlc;
  readonly nonce: () => string;
};

/** What is sealed again, and what of the same lineage stays as it is; each oldest first. */
export type ResealPlan = { readonly again: readonly Statement[]; readonly stays: readonly Statement[] };

/** Who goes, who comes, and what need not be sealed again: the id of an entry, not its logical one. */
export type Retirement = {
  readonly retiring: ReadonlySet<WriterId>;
  /** Continues all of them. */
  readonly successor: WriterId;
  readonly isAccepted: (id: EntryId) => boolean;
};

/** Chooses what to seal again: what was not accepted, and all that these writers said later, so that it stays later. */
export function planReseal(
  { statements, lineageOf }: Resolution,
  { retiring, successor, isAccepted }: Retirement,
): ResealPlan {
  const lineage = lineageOf(successor);
  const own = [...statements.values()].filter(({ entry }) => lineage.has(entry.writer)).sort(byClock);
  const candidates = own.filter(({ entry }) => entry.writer === successor || retiring.has(entry.writer));
  const first = candidates.findIndex(({ entry }) => retiring.has(entry.writer) && !isAccepted(entry.id));
  const again = first < 0 ? [] : candidates.slice(first);
  const isAgain = new Set(again);
  return { again, stays: own.filter((statement) => !isAgain.has(statement)) };
}

/**
 * Seals again, in order.
 * @returns the new entries; one that has no room for what must be added, or is not here, comes back in `left`
 */
export function resealEntries(
  { again, stays }: ResealPlan,
  seal: Resealing,
): { readonly sealed: readonly Entry[]; readonly left: readonly Statement[] } {
  const sealed: Entry[] = [];
  const left: Statement[] = [];
  const words = wordsByField(stays);
  for (const statement of again) {
    const entry = resealOne(statement, seal, words);
    if (entry === undefined) left.push(statement);
    else sealed.push(entry);
  }
  return { sealed, left };
}

function byClock({ entry: a }: Statement, { entry: b }: Statement): number {
  if (a.hlc !== b.hlc) return a.hlc < b.hlc ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** By field, then writer: what was said of it, oldest first. */
type Words = ReadonlyMap<string, ReadonlyMap<WriterId, readonly Statement[]>>;

function wordsByField(statements: readonly Statement[]): Words {
  const words = new Map<string, Map<WriterId, Statement[]>>();
  for (const statement of statements) {
    for (const field of fieldsOf(statement)) {
      const byWriter = words.get(field) ?? new Map<WriterId, Statement[]>();
      words.set(field, byWriter);
      const { writer } = statement.entry;
      byWriter
        .set(writer, byWriter.get(writer) ?? [])
        .get(writer)
        ?.push(statement);
    }
  }
  return words;
}

function fieldsOf({ id, entry }: Statement): readonly string[] {
  return purgeOf(id, entry).fields;
}

function resealOne(statement: Statement, seal: Resealing, words: Words): Entry | undefined {
  const { id, entry } = statement;
  const text = seal.lineOf(entry.id);
  if (text === undefined) return undefined;
  const hlc = seal.nextHlc();
  const was: FirstSealing = { id, writer: firstWriter(statement) };
  const { over: _over, ...json } = decodeCanonical(text) as JsonObject;
  const sealed = { ...json, at: entry.atMs ?? hlcMs(entry.hlc), hlc, nonce: seal.nonce(), was, writer: seal.writer };
  // Where there is no room for all of it, a conflict is shown that was none: better than a record that cannot leave.
  const covered = [...new Set([...entry.over, ...uncovered(statement, hlc, words)])].sort();
  for (const over of [covered, entry.over]) {
    const line = encodeCanonical(over.length === 0 ? sealed : { ...sealed, over });
    if (Buffer.byteLength(line) <= ENTRY_BYTES_MAX) return verifyEntry(line);
  }
  return undefined;
}

function firstWriter({ id, entry }: Statement): WriterId {
  return entry.was?.id === id ? entry.was.writer : entry.writer;
}

/** What the statement covers by time as it was sealed, and at the new time would not: of each writer the last, which covers the rest. */
function uncovered(statement: Statement, hlc: Hlc, words: Words): EntryId[] {
  const ids: EntryId[] = [];
  for (const field of fieldsOf(statement)) {
    for (const said of words.get(field)?.values() ?? []) {
      const last = said.findLast((one) => byClock(one, statement) < 0);
      if (last !== undefined && last.entry.hlc >= hlc) ids.push(last.id);
    }
  }
  return ids;
}
