/** The records that were purged here, as far as a purge tells of them: whose, when, by whom and why. */
import type { Hlc } from '../domain/clock.ts';
import type { PurgeRecord } from '../domain/control-record.ts';
import { isGreater } from '../domain/field.ts';
import type { EntryId, WriterId } from '../domain/ids.ts';
import type { PublicKey } from '../domain/signature.ts';
import type { Context } from './clone.ts';
import { type KnownPurges, readPurges } from './control.ts';

/** One record that is gone. */
export type PurgedRecord = {
  readonly id: EntryId;
  readonly writer: WriterId;
  readonly hlc: Hlc;
  readonly key: PublicKey;
  /** Who that key is, by their own words; undefined when they gave none. */
  readonly label: string | undefined;
  /** When it was purged, milliseconds since the epoch. */
  readonly purgedMs: number;
  readonly reason: string;
};

/** Fewer digits than this begin no id. */
const PREFIX_LENGTH_MIN = 4;

/** All of them, newest first. */
export async function listPurged(context: Context): Promise<PurgedRecord[]> {
  const records = purgedRecords(await readPurges(context));
  return records.sort((a, b) => (isGreater(a, b) ? -1 : 1));
}

/** Those whose ids a text begins; none for a text that begins no id. */
export async function findPurged(context: Context, typed: string): Promise<PurgedRecord[]> {
  const prefix = typed.toLowerCase();
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < PREFIX_LENGTH_MIN) return [];
  return (await listPurged(context)).filter(({ id }) => id.startsWith(prefix));
}

/** Of several purges of one entry the first is told. */
function purgedRecords({ records, labels }: KnownPurges): PurgedRecord[] {
  const found = new Map<EntryId, PurgedRecord>();
  for (const { purges, key, atMs, reason } of [...records].sort(byTime)) {
    for (const { id, writer, hlc } of purges) {
      if (!found.has(id)) found.set(id, { id, writer, hlc, key, label: labels.get(key), purgedMs: atMs, reason });
    }
  }
  return [...found.values()];
}

function byTime(a: PurgeRecord, b: PurgeRecord): number {
  return a.atMs - b.atMs || (a.text < b.text ? -1 : 1);
}
