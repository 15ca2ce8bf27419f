/**
 * Packing entries into segments: by writer and bucket, in clock order, cut where a segment is full.
 */
import type { SealedLine } from './entry.ts';
import type { Bucket } from './ids.ts';
import { SEGMENT_BYTES_MAX, SEGMENT_ENTRIES_MAX, SEGMENT_FRAME_BYTES, type Segment, sealSegment } from './segment.ts';
import type { SecretKey } from './signature.ts';

/** The last segment of a bucket so far: what the next one continues. */
export type BucketTip = { readonly number: number; readonly sha256: string };

/**
 * Packs the entries of one writer. Entries of the same id are packed once.
 * @param tips the last segment of each bucket that has one
 * @returns the segments, numbered on from the tips
 */
export function packSegments<Line extends SealedLine>(
  entries: readonly Line[],
  tips: ReadonlyMap<Bucket, BucketTip>,
  secret: SecretKey,
): Segment<Line>[] {
  const segments: Segment<Line>[] = [];
  for (const [bucket, group] of byBucket(entries)) {
    let tip = tips.get(bucket);
    for (const chunk of cut(group.sort(compareByClock))) {
      const place = { number: tip === undefined ? 0 : tip.number + 1, previous: tip?.sha256 ?? null };
      const segment = sealSegment(chunk, place, secret);
      tip = { number: place.number, sha256: segment.sha256 };
      segments.push(segment);
    }
  }
  return segments;
}

function byBucket<Line extends SealedLine>(entries: readonly Line[]): Map<Bucket, Line[]> {
  const groups = new Map<Bucket, Line[]>();
  for (const entry of new Map(entries.map((one) => [one.id, one])).values()) {
    const group = groups.get(entry.bucket);
    if (group === undefined) groups.set(entry.bucket, [entry]);
    else group.push(entry);
  }
  return groups;
}

function compareByClock(a: SealedLine, b: SealedLine): number {
  if (a.hlc !== b.hlc) return a.hlc < b.hlc ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function* cut<Line extends SealedLine>(entries: readonly Line[]): Iterable<Line[]> {
  let chunk: Line[] = [];
  let sizeBytes = SEGMENT_FRAME_BYTES;
  for (const entry of entries) {
    const lineBytes = Buffer.byteLength(entry.line) + 1;
    if (chunk.length === SEGMENT_ENTRIES_MAX || sizeBytes + lineBytes > SEGMENT_BYTES_MAX) {
      yield chunk;
      chunk = [];
      sizeBytes = SEGMENT_FRAME_BYTES;
    }
    chunk.push(entry);
    sizeBytes += lineBytes;
  }
  if (chunk.length > 0) yield chunk;
}
