/**
 * The tree of a journal: which paths there may be and what each holds.
 *
 *     cmf-format-1                                                        empty: the gate
 *     writer.json                                                         who writes here
 *     seg/<bucket>/<YYYY-MM>/<2 hex>/<hlc>-<sha256 of bytes>.jsonl        segments; 2 hex = start of the SHA-256
 *
 * `blob` and `ext` at the top are reserved: format 1 has neither, and nothing signs what would lie there.
 * HLC and month are those of the segment's first entry, in UTC, also after a purge took that out. A path contains the hash of its bytes, so two trees can
 * only agree or be disjoint on it: trees from different histories unite path by path.
 */
import { type Hlc, hlcMs, isHlc } from './clock.ts';
import type { SealedLine } from './entry.ts';
import { CmfError } from './errors.ts';
import { type Bucket, isBucket, isWriterId, type WriterId } from './ids.ts';
import type { Segment } from './segment.ts';

/** The empty blob that says: this tree is of format 1. */
export const GATE = 'cmf-format-1';
export const WRITER_JSON = 'writer.json';

export type SegmentPath = {
  readonly kind: 'segment';
  readonly bucket: Bucket;
  readonly hlc: Hlc;
  readonly sha256: string;
};

export type JournalPath = { readonly kind: 'gate' | 'writer' } | SegmentPath;

/**
 * The path of a segment.
 * @throws CmfError `internal` for one whose entries were all purged: it keeps the time it had in its name
 */
export function segmentPath(segment: Segment<SealedLine>): string {
  const hlc = segment.entries[0]?.hlc;
  if (hlc === undefined)
    throw new CmfError('internal', { message: 'a segment without entries has no path of its own' });
  return segmentPathOf(segment.header.bucket, hlc, segment.sha256);
}

/** The path of a segment from what is in its name; a purge gives it another hash, its time stays. */
export function segmentPathOf(bucket: Bucket, hlc: Hlc, sha256: string): string {
  return `seg/${bucket}/${monthOf(hlc)}/${sha256.slice(0, 2)}/${hlc}-${sha256}.jsonl`;
}

/** Year and month of a clock reading, UTC, by Howard Hinnant's civil_from_days. */
export function monthOf(hlc: Hlc): string {
  const days = Math.floor(hlcMs(hlc) / 86_400_000) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
}

const SEGMENT_NAME = /^([0-9a-f]{16})-([0-9a-f]{64})\.jsonl$/;

/** Reads a path of a journal tree; undefined for one that format 1 does not have. */
export function parseJournalPath(path: string): JournalPath | undefined {
  if (path === GATE) return { kind: 'gate' };
  if (path === WRITER_JSON) return { kind: 'writer' };
  const parts = path.split('/');
  if (parts[0] === 'seg' && parts.length === 5) return parseSegmentPath(path, parts);
  return undefined;
}

function parseSegmentPath(path: string, parts: readonly string[]): SegmentPath | undefined {
  const bucket = parts[1];
  const [, hlc, sha256] = SEGMENT_NAME.exec(parts[4] ?? '') ?? [];
  if (!isBucket(bucket) || !isHlc(hlc) || sha256 === undefined) return undefined;
  return segmentPathOf(bucket, hlc, sha256) === path ? { kind: 'segment', bucket, hlc, sha256 } : undefined;
}

/** Where a writer's tree lies in a merged tree. */
export function mergedPath(writer: WriterId): string {
  return `${writer.slice(0, 2)}/${writer}`;
}

/** The writer of a merged tree's entry; undefined for a name that does not belong there. */
export function parseMergedPath(fanout: string, name: string): WriterId | undefined {
  return isWriterId(name) && name.slice(0, 2) === fanout ? name : undefined;
}
