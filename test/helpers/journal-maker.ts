/** Writers, segments and journals for tests: fixed keys and times, real signatures. */
import { hlcAt } from '../../src/domain/clock.ts';
import { type Entry, sealEntry } from '../../src/domain/entry.ts';
import type { Bucket, ExecutionId } from '../../src/domain/ids.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import { GATE, segmentPath, WRITER_JSON } from '../../src/domain/layout.ts';
import { type Segment, sealSegment } from '../../src/domain/segment.ts';
import { type SecretKey, secretKeyFrom } from '../../src/domain/signature.ts';
import { createWriterRecord, type WriterRecord } from '../../src/domain/writer-record.ts';
import { FIXED_TIME_SECONDS } from './sealed-git.ts';

export type TestWriter = { readonly secret: SecretKey; readonly record: WriterRecord };

export const T0 = FIXED_TIME_SECONDS * 1000;

/** The writer of a number; the same number is the same writer. */
export function testWriter(number: number): TestWriter {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, number + 1);
  const secret = secretKeyFrom(seed);
  return { secret, record: createWriterRecord(secret, hlcAt(T0)) };
}

export type SegmentWish = {
  readonly bucket?: Bucket;
  readonly atMs?: number;
  readonly count?: number;
  readonly number?: number;
  /** Makes entries differ. */
  readonly salt?: string;
  readonly was?: Entry['was'];
};

/** Entries of a writer, one millisecond apart. */
export function testEntries({ record }: TestWriter, wish: SegmentWish = {}): Entry[] {
  const { bucket = '_', atMs = T0, count = 1, number = 0, salt = '', was } = wish;
  const on = '01900000-0000-7000-8000-000000000000' as ExecutionId;
  return Array.from({ length: count }, (_, i) => {
    const values = { title: `${salt} ${number} ${i}` };
    const draft = { bucket, subject: { kind: 'execution', id: on }, operation: { kind: 'set', values } } as const;
    const seal = { writer: record.writer, hlc: hlcAt(atMs + i), nonce: i.toString(16).padStart(16, '0') };
    return sealEntry(was === undefined ? draft : { ...draft, was }, seal);
  });
}

/** A signed segment. */
export function testSegment(writer: TestWriter, wish: SegmentWish = {}): Segment {
  return sealSegment(testEntries(writer, wish), { number: wish.number ?? 0, previous: null }, writer.secret);
}

/** The files of a journal, by path. */
export function journalFiles(writer: TestWriter, segments: readonly Segment[]): Record<string, string> {
  const files: Record<string, string> = { [GATE]: '', [WRITER_JSON]: writer.record.text };
  for (const segment of segments) files[segmentPath(segment)] = segment.text;
  return files;
}

/** A pipeline's bucket. */
export function testBucket(name: string): Bucket {
  return pipelineId('', name);
}
