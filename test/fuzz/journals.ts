/** Journals of the fuzzers, good and bad, as plain trees. */
import { goodMembers, hlcAfter, oddMembersLine, oddTextLine, purgedLine } from './entry-lines.ts';
import type { Question } from './oracle.ts';
import { type PlainNode, type PlainTree, plainBlob, plainTree } from './plain-tree.ts';
import type { Random } from './random.ts';
import {
  type FuzzWriter,
  fuzzWriter,
  headerLine,
  plainRecord,
  predecessorOf,
  recordText,
  type SegmentParts,
  segmentPlace,
  segmentText,
  sha256,
  sorted,
} from './writers.ts';

/** Files by path, on their way to a tree. */
export type Files = Map<string, PlainNode>;

const BUCKETS = ['_', 'a'.repeat(64), '0'.repeat(64)];

/** Good entries of one bucket, one line each. */
export function goodLines(random: Random, writer: FuzzWriter, bucket: string, count: number): string[] {
  return Array.from({ length: count }, () => sorted(goodMembers(random, writer, bucket)));
}

/** Parts of a good segment. */
export function goodParts(random: Random, writer: FuzzWriter): SegmentParts {
  const bucket = random.pick(BUCKETS);
  const number = random.pick([0, 0, 1, 7, 2 ** 53 - 1]);
  const previous = random.oneIn(2) ? null : random.hex(64);
  return { bucket, number, previous, lines: goodLines(random, writer, bucket, 1 + random.below(4)) };
}

/** Puts a segment where it belongs. */
export function putSegment(files: Files, writer: FuzzWriter, parts: SegmentParts, hlc = hlcOf(parts.lines[0])): void {
  putText(files, parts.bucket, hlc, segmentText(writer, headerLine(writer, parts), parts.lines));
}

/** Puts any bytes where a segment of these bytes would belong. */
export function putText(files: Files, bucket: string, hlc: string, text: string | Uint8Array): void {
  files.set(segmentPlace(bucket, hlc, text), plainBlob(text));
}

function hlcOf(line = ''): string {
  return /"hlc":"([0-9a-f]{16})"/.exec(line)?.[1] ?? '0'.repeat(16);
}

/** A good journal. */
export function goodFiles(random: Random, writer: FuzzWriter): Files {
  const files: Files = new Map([
    ['cmf-format-1', plainBlob('')],
    ['writer.json', plainBlob(plainRecord(writer))],
  ]);
  for (let left = random.below(3); left > 0; left--) putSegment(files, writer, goodParts(random, writer));
  return files;
}

type Maker = (random: Random, writer: FuzzWriter) => Omit<Question, 'writer'>;

const treeOf = (files: Files) => ({ tree: plainTree(files) });

/** Journals that are good, however odd. */
const GOOD: Readonly<Record<string, Maker>> = {
  'as it is': (random, writer) => treeOf(goodFiles(random, writer)),
  bundled: (random, writer) => {
    // The same entries in two bundlings, one of them in another order: as after a lost race, or brought by somebody else.
    const files = goodFiles(random, writer);
    const parts = { ...goodParts(random, writer), lines: goodLines(random, writer, '_', 3), bucket: '_' };
    putSegment(files, writer, parts);
    putSegment(files, writer, { ...parts, number: 3, lines: parts.lines.toReversed() });
    for (const line of parts.lines) putSegment(files, writer, { ...parts, lines: [line] });
    return treeOf(files);
  },
  'on a base': (random, writer) => {
    const files = goodFiles(random, writer);
    const base = plainTree(files);
    for (let left = random.below(3); left > 0; left--) putSegment(files, writer, goodParts(random, writer));
    return { ...treeOf(files), base };
  },
  purged: (random, writer) => {
    const files = goodFiles(random, writer);
    const parts = goodParts(random, writer);
    const gone = new Set(parts.lines.filter(() => random.oneIn(2)));
    const header = headerLine(writer, parts);
    const whole = segmentText(writer, header, parts.lines);
    const left = whole.split('\n').map((line) => (gone.has(line) ? purgedLine(line) : line));
    putText(files, parts.bucket, hlcOf(parts.lines[0]), left.join('\n'));
    return { ...treeOf(files), purged: new Set([...gone].map((line) => sha256(line))) };
  },
  continued: (random, writer) => {
    const files = goodFiles(random, writer);
    const olds = [1, 2, 3].slice(0, 1 + random.below(3)).map((n) => predecessorOf(fuzzWriter(1000 + n), writer));
    files.set('writer.json', plainBlob(recordText(writer, olds)));
    return treeOf(files);
  },
  'in time': (random, writer) => ({ ...treeOf(goodFiles(random, writer)), acceptUntilMs: Date.UTC(2024, 2) }),
};

/** Journals with something wrong in a segment, or nearly. */
const SEGMENTS: Readonly<Record<string, Maker>> = {
  'odd members': (random, writer) => {
    const parts = goodParts(random, writer);
    const lines = [...parts.lines];
    lines[random.below(lines.length)] = oddMembersLine(random, writer, parts.bucket);
    return withSegment(random, writer, { ...parts, lines });
  },
  'odd text': (random, writer) => {
    const parts = goodParts(random, writer);
    const lines = [...parts.lines];
    lines[random.below(lines.length)] = oddTextLine(random, writer, parts.bucket);
    return withSegment(random, writer, { ...parts, lines });
  },
  'odd header': (random, writer) => {
    const parts = goodParts(random, writer);
    const header: Record<string, unknown> = JSON.parse(headerLine(writer, parts)) as Record<string, unknown>;
    const name = random.pick([...Object.keys(header), 'extra']);
    if (random.oneIn(3)) delete header[name];
    else header[name] = random.pick<unknown>([null, 0, 1, 2, -1, 1.5, 2 ** 53, '', '_', random.hex(64), true, [], {}]);
    const files = goodFiles(random, writer);
    putText(files, parts.bucket, hlcOf(parts.lines[0]), segmentText(writer, sorted(header), parts.lines));
    return treeOf(files);
  },
  'odd bytes': (random, writer) => {
    const parts = goodParts(random, writer);
    const bytes = Buffer.from(segmentText(writer, headerLine(writer, parts), parts.lines));
    const files = goodFiles(random, writer);
    putText(files, parts.bucket, hlcOf(parts.lines[0]), spoil(bytes, random));
    return treeOf(files);
  },
  'other signer': (random, writer) => {
    const parts = goodParts(random, writer);
    const files = goodFiles(random, writer);
    const signer = fuzzWriter(2000 + random.below(3));
    const header = headerLine(random.oneIn(2) ? writer : signer, parts);
    putText(files, parts.bucket, hlcOf(parts.lines[0]), segmentText(signer, header, parts.lines));
    return treeOf(files);
  },
  'other time or bucket': (random, writer) => {
    const parts = goodParts(random, writer);
    const files = goodFiles(random, writer);
    const text = segmentText(writer, headerLine(writer, parts), parts.lines);
    putText(files, random.pick(BUCKETS), random.oneIn(2) ? hlcOf(parts.lines[0]) : hlcAfter(random), text);
    return treeOf(files);
  },
  'many or long': (random, writer) => {
    const parts = { ...goodParts(random, writer), bucket: '_' };
    const count = random.pick([999, 1000, 1001]);
    const members = goodMembers(random, writer, '_');
    const long = 'x'.repeat(random.pick([0, 0, 1024, 64 * 1024 - 300]));
    const lines = Array.from({ length: long.length > 2000 ? 17 : count }, (_, i) => {
      return sorted({ ...members, op: { values: { title: `${long}${i}` } } });
    });
    return withSegment(random, writer, { ...parts, lines });
  },
};

function withSegment(random: Random, writer: FuzzWriter, parts: SegmentParts): Omit<Question, 'writer'> {
  const files = goodFiles(random, writer);
  putSegment(files, writer, parts);
  return treeOf(files);
}

/** Changes some bytes. */
export function spoil(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  const put = random.pick([
    Buffer.alloc(0),
    Buffer.from([random.below(256)]),
    bytes.subarray(0, 20),
    Buffer.from('\n'),
  ]);
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + random.below(3))]);
}

/** Journals whose writer.json, base or judge is odd. */
const RECORDS: Readonly<Record<string, Maker>> = {
  'odd record': (random, writer) => {
    const files = goodFiles(random, writer);
    const change = (members: Record<string, unknown>) => {
      const name = random.pick([...Object.keys(members), 'extra', '__proto']);
      if (random.oneIn(3)) delete members[name];
      else
        members[name] = random.pick<unknown>([null, 1, 2, '', [], {}, '0'.repeat(16), writer.key, random.hex(32), [1]]);
    };
    files.set('writer.json', plainBlob(recordText(writer, [], change)));
    return treeOf(files);
  },
  'odd record bytes': (random, writer) => {
    const files = goodFiles(random, writer);
    files.set('writer.json', plainBlob(spoil(Buffer.from(recordText(writer)), random)));
    return treeOf(files);
  },
  'odd predecessor': (random, writer) => {
    const files = goodFiles(random, writer);
    const old = predecessorOf(fuzzWriter(1000), random.oneIn(2) ? writer : fuzzWriter(1001));
    const name = random.pick(['key', 'signature', 'writer', 'extra']);
    if (random.oneIn(2)) old[name] = random.pick<unknown>([1, '', writer.key, writer.id, random.hex(86)]);
    const count = random.oneIn(20) ? random.pick([100, 101]) : 1;
    files.set(
      'writer.json',
      plainBlob(
        recordText(
          writer,
          Array.from({ length: count }, () => old),
        ),
      ),
    );
    return treeOf(files);
  },
  'two records': (random, writer) => {
    const [first, second] = ['018cc251f4000000', '018cc251f4000001'].map((created) =>
      recordText(writer, [], (members) => {
        members['created'] = created;
      }),
    );
    const files = goodFiles(random, writer);
    files.set('writer.json', plainBlob(random.oneIn(2) ? (first ?? '') : (second ?? '')));
    const base = plainTree(files);
    files.set('writer.json', plainBlob(random.oneIn(2) ? (first ?? '') : (second ?? '')));
    return { ...treeOf(files), base, isBaseOptional: random.oneIn(2) };
  },
  'less than the base': (random, writer) => {
    const files = goodFiles(random, writer);
    putSegment(files, writer, goodParts(random, writer));
    const base = plainTree(files);
    files.delete(random.pick([...files.keys()]));
    return { ...treeOf(files), base, isBaseOptional: random.oneIn(2) };
  },
  'of another writer': (random) => treeOf(goodFiles(random, fuzzWriter(3000))),
  'not in time': (random, writer) => ({
    ...treeOf(goodFiles(random, writer)),
    acceptUntilMs: Date.UTC(2024, 0, 31, 23, 59, 59, 995),
  }),
  'purged ids': (random, writer) => {
    const files = goodFiles(random, writer);
    const base = random.oneIn(2) ? plainTree(files) : undefined;
    const parts = goodParts(random, writer);
    putSegment(files, writer, parts);
    const was = parts.lines.flatMap((line) => /"was":\{"id":"([0-9a-f]{64})"/.exec(line)?.[1] ?? []);
    const purged = new Set(random.oneIn(3) ? was : [random.oneIn(2) ? sha256(random.pick(parts.lines)) : 'x']);
    return { ...treeOf(files), purged, ...(base === undefined ? {} : { base }) };
  },
};

/** All ways to make a journal, by name, but those that change trees as trees. */
export const JOURNAL_MAKERS: Readonly<Record<string, Maker>> = { ...GOOD, ...SEGMENTS, ...RECORDS };

/** The tree of a good journal with at least one segment. */
export function goodTree(random: Random, writer: FuzzWriter): PlainTree {
  const files = goodFiles(random, writer);
  putSegment(files, writer, goodParts(random, writer));
  return plainTree(files);
}
