/**
 * The rule of mutable fields, word for word and slowly: an independent second opinion on `currentValues`, and random
 * groups of values to ask both about.
 */
import fc from 'fast-check';
import { hlcAt } from '../../../src/domain/clock.ts';
import { type Entry, sealEntry } from '../../../src/domain/entry.ts';
import type { Assignment } from '../../../src/domain/field.ts';
import type { EntryId, WriterId } from '../../../src/domain/ids.ts';
import type { Purge } from '../../../src/domain/join.ts';
import type { Lineage, Resolution } from '../../../src/domain/resolve.ts';
import { ACTORS, type Actor, actorOf } from './cast.ts';
import { Dice } from './dice.ts';

/** All that `currentValues` is asked about. */
export type Group = {
  readonly assignments: readonly Assignment<number>[];
  readonly purges: readonly Purge[];
  readonly resolution: Resolution;
};

type Value = Pick<Entry, 'id' | 'writer' | 'hlc' | 'over'> & { readonly covers: boolean; readonly counts: boolean };

/** The ids of the current values, the shown one first. */
export function slowCurrentIds(group: Group): EntryId[] {
  const values = valuesOf(group);
  const covers = closure(values, group.resolution);
  const isCovered = (value: Value) =>
    values.some((other) => other.covers && covers(other.id, value.id) && !covers(value.id, other.id));
  const shown = ({ hlc, writer, id }: Value) => `${hlc} ${writer} ${id}`;
  return values
    .filter((value) => value.counts && !isCovered(value))
    .sort((a, b) => (shown(a) < shown(b) ? 1 : -1))
    .map(({ id }) => id);
}

function valuesOf({ assignments, purges, resolution }: Group): Value[] {
  const kept = assignments.map(({ statement: { id, entry, retracted } }) => {
    const { writer, hlc, over } = entry;
    return { id, writer, hlc, over, covers: !retracted, counts: !retracted };
  });
  const gone = purges.map(({ id, writer, hlc, over }) => {
    return { id, writer, hlc, over, covers: !resolution.retractedPurges.has(id), counts: false };
  });
  return [...kept, ...gone];
}

/** Warshall's closure of "names it in over, or is of the same lineage and later". */
function closure(values: readonly Value[], { lineageOf }: Resolution): (a: EntryId, b: EntryId) => boolean {
  const reach = values.map((a) =>
    values.map((b) => a !== b && (a.over.includes(b.id) || isSuccessor(a, b, lineageOf))),
  );
  for (const through of reach.keys()) {
    for (const row of reach) {
      if (row[through] === true) for (const to of row.keys()) row[to] ||= reach[through]?.[to] === true;
    }
  }
  const place = new Map(values.map(({ id }, i) => [id, i]));
  return (a, b) => reach[place.get(a) ?? -1]?.[place.get(b) ?? -1] === true;
}

function isSuccessor(a: Value, b: Value, lineageOf: Resolution['lineageOf']): boolean {
  return lineageOf(a.writer).has(b.writer) && `${a.hlc} ${a.id}` > `${b.hlc} ${b.id}`;
}

const TEMPLATE = sealEntry(
  { bucket: '_', operation: { kind: 'retract', ids: [] } },
  { writer: (ACTORS[0] as Actor).id, hlc: hlcAt(0), nonce: '0'.repeat(16) },
);

const LINEAGES = new Map<WriterId, Lineage>(
  ACTORS.map(({ id, continues }) => [id, new Set([id, ...continues.map((one) => one.id)])]),
);

function idOf(i: number): EntryId {
  return ((i * 7) % 16).toString(16).repeat(64) as EntryId;
}

/**
 * Random groups. Real ids are hashes, so an entry can only name older ones in `over`; here it may name any, which makes
 * far more cycles than clocks can.
 */
export const groups: fc.Arbitrary<Group> = fc
  .array(fc.noBias(fc.maxSafeNat()), { maxLength: 9, size: 'max' })
  .map((numbers) => {
    const assignments: Assignment<number>[] = [];
    const purges: Purge[] = [];
    const retractedPurges = new Set<EntryId>();
    for (const [i, number] of numbers.entries()) {
      const dice = new Dice(number);
      const id = idOf(i);
      const { id: writer } = dice.pickAny(ACTORS) as Actor;
      const hlc = hlcAt(dice.take(5));
      const over = numbers.map((_, j) => idOf(j)).filter((other) => dice.take(4) === 0 && other !== id);
      const retracted = dice.take(4) === 0;
      if (dice.take(5) === 0) {
        purges.push({ id, writer, hlc, first: writer, over, fields: [] });
        if (retracted) retractedPurges.add(id);
      } else {
        assignments.push({ statement: { id, entry: { ...TEMPLATE, id, writer, hlc, over }, retracted }, value: i });
      }
    }
    const lineageOf = (writer: WriterId) => LINEAGES.get(actorOf(writer).id) as Lineage;
    return {
      assignments,
      purges,
      resolution: { statements: new Map(), purges: new Map(), retractedPurges, lineageOf },
    };
  });
