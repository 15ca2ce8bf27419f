import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rewriteSegment } from '../../src/domain/rewrite-segment.ts';
import { type Segment, verifySegment } from '../../src/domain/segment.ts';
import { testSegment, testWriter } from '../helpers/journal-maker.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';

const it = suite('rewrite-segment');
const laws = lawChecker();
it.after(() => laws.report());

const WRITER = testWriter(1);
const SEGMENT = testSegment(WRITER, { count: 6 });

/** The segment without the entries at these places. */
function without(segment: Segment, places: ReadonlySet<number>): Segment {
  const gone = new Set([...places].map((place) => SEGMENT.entries[place]?.id));
  return rewriteSegment(segment, ({ id }) => gone.has(id)) ?? segment;
}

const somePlaces = fc.uniqueArray(fc.nat(SEGMENT.entries.length - 1)).map((places) => new Set(places));

it('leaves a segment that has none of the entries as it is', () => {
  assert.is(
    rewriteSegment(SEGMENT, () => false),
    undefined,
  );
});

it('replaces lines and nothing else', () => {
  const rewritten = without(SEGMENT, new Set([0, 2]));
  const [before, after] = [SEGMENT.text.split('\n'), rewritten.text.split('\n')];
  assert.is(after.length, before.length);
  for (const [i, line] of before.entries()) {
    const place = i - 1;
    if (place === 0 || place === 2) assert.is(after[i], `{"purged":"${SEGMENT.entries[place]?.id}"}`);
    else assert.is(after[i], line);
  }
});

it('takes every copy of a line out', () => {
  const [first] = SEGMENT.entries;
  const rewritten = without(SEGMENT, new Set([0]));
  assert.not.ok(rewritten.text.includes(first?.line ?? ''));
  assert.equal(rewritten.purged, [first?.id]);
});

it('gives what a stranger reads from the same bytes, signature and all', () => {
  laws.check(100, somePlaces, (places) => {
    const rewritten = without(SEGMENT, places);
    assert.equal(verifySegment(rewritten.text, WRITER.record.key), rewritten);
  });
});

it('is monotone: A, and then A and B, gives the bytes of A and B', () => {
  laws.check(100, fc.tuple(somePlaces, somePlaces), ([a, b]) => {
    const both = new Set([...a, ...b]);
    assert.is(without(without(SEGMENT, a), both).text, without(SEGMENT, both).text);
    assert.is(without(without(SEGMENT, a), b).text, without(without(SEGMENT, b), a).text);
  });
});

it.run();
