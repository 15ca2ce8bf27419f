import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hlcAt } from '../../src/domain/clock.ts';
import { type Entry, sealEntry } from '../../src/domain/entry.ts';
import type { Bucket, ExecutionId } from '../../src/domain/ids.ts';
import { packSegments } from '../../src/domain/pack.ts';
import { SEGMENT_BYTES_MAX, type Segment, verifySegment } from '../../src/domain/segment.ts';
import { T0, testBucket, testEntries, testWriter } from '../helpers/journal-maker.ts';

const writer = testWriter(1);
const [A, B] = [testBucket('a'), testBucket('b')];
const it = suite('domain: packing entries into segments');

function pack(entries: readonly Entry[], tips: Parameters<typeof packSegments>[1] = new Map()): Segment[] {
  return packSegments(entries, tips, writer.secret);
}

function shape(segments: readonly Segment[]): unknown {
  return segments.map(({ header: { bucket, number, previous }, entries }) => [
    bucket,
    number,
    previous,
    entries.length,
  ]);
}

function idsOf(entries: readonly Entry[]): string[] {
  return entries.map(({ id }) => id);
}

/** An entry of about so many bytes. */
function longEntry(n: number, sizeBytes: number): Entry {
  const id = '01900000-0000-7000-8000-000000000000' as ExecutionId;
  const operation = { kind: 'set', values: { 'param.text': 'x'.repeat(sizeBytes) } } as const;
  const seal = { writer: writer.record.writer, hlc: hlcAt(T0 + n), nonce: n.toString(16).padStart(16, '0') };
  return sealEntry({ bucket: A, subject: { kind: 'execution', id }, operation }, seal);
}

it('makes nothing of nothing', () => {
  assert.equal(pack([]), []);
});

it('keeps pipelines apart and numbers each on from where it was', () => {
  const entries = [...testEntries(writer, { bucket: A }), ...testEntries(writer, { bucket: B, count: 2 })];
  const previous = 'f'.repeat(64);
  const tips = new Map<Bucket, { number: number; sha256: string }>([[B, { number: 6, sha256: previous }]]);
  assert.equal(shape(pack(entries, tips)), [
    [A, 0, null, 1],
    [B, 7, previous, 2],
  ]);
});

it('puts entries in the order of the clock, whatever order they came in', () => {
  const entries = testEntries(writer, { bucket: A, count: 50 });
  const [segment] = pack([...entries].reverse());
  assert.equal(idsOf(segment?.entries ?? []), idsOf(entries));
  assert.is(pack([...entries].reverse())[0]?.sha256, pack(entries)[0]?.sha256, 'the same bytes');
});

it('packs an entry once', () => {
  const entries = testEntries(writer, { bucket: A, count: 3 });
  assert.is(pack([...entries, ...entries])[0]?.entries.length, 3);
});

it('cuts at a thousand entries, each segment naming the one before', () => {
  const segments = pack(testEntries(writer, { bucket: A, count: 2001 }));
  assert.equal(shape(segments), [
    [A, 0, null, 1000],
    [A, 1, segments[0]?.sha256, 1000],
    [A, 2, segments[1]?.sha256, 1],
  ]);
});

it('cuts before a mebibyte, and what it makes is accepted', () => {
  const entries = Array.from({ length: 60 }, (_, n) => longEntry(n, 40_000));
  const segments = pack(entries);
  assert.ok(segments.length > 2);
  for (const segment of segments) {
    assert.ok(Buffer.byteLength(segment.text) <= SEGMENT_BYTES_MAX);
    assert.equal(verifySegment(segment.text, writer.record.key).header, segment.header);
  }
  assert.equal(
    segments.flatMap((segment) => idsOf(segment.entries)),
    idsOf(entries),
  );
});

it.run();
