import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Numbering, noteSegment, numberingNotices } from '../../src/app/numbering.ts';
import { rewriteSegment } from '../../src/domain/rewrite-segment.ts';
import type { Segment } from '../../src/domain/segment.ts';
import { testSegment, testWriter } from '../helpers/journal-maker.ts';

const it = suite('app: the numbers of segments');

function notices(...segments: readonly (readonly [number: number, sha256: string])[]): string[] {
  const numbering: Numbering = new Map();
  for (const [number, sha256] of segments) {
    noteSegment(numbering, { header: { writer: 'w', bucket: '_', number }, text: `${sha256}\n` } as unknown as Segment);
  }
  return numberingNotices(numbering);
}

it('has nothing to say of numbers without gap, in any order and seen twice', () => {
  assert.equal(notices([1, 'b'], [0, 'a'], [2, 'c'], [1, 'b']), []);
});

it('takes a segment and what a purge left of it for one', () => {
  const writer = testWriter(1);
  const segment = testSegment(writer, { count: 2 });
  const left = rewriteSegment(segment, ({ id }) => id === segment.entries[0]?.id) as Segment;
  const numbering: Numbering = new Map();
  for (const one of [segment, left]) noteSegment(numbering, one);
  assert.equal(numberingNotices(numbering), []);
});

it('tells gaps and forks', () => {
  assert.equal(notices([3, 'd'], [5, 'f'], [5, 'g']), [
    'writer w, no pipeline: segment 0 to 2 is not here (another clone may have it)',
    'writer w, no pipeline: segment 4 is not here (another clone may have it)',
    'writer w, no pipeline: 2 segments have number 5 (a copied clone, or a lost race)',
  ]);
});

it.run();
