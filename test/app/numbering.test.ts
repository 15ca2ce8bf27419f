import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Numbering, noteSegment, numberingNotices } from '../../src/app/numbering.ts';
import type { Segment } from '../../src/domain/segment.ts';

const it = suite('app: the numbers of segments');

function notices(...segments: readonly (readonly [number: number, sha256: string])[]): string[] {
  const numbering: Numbering = new Map();
  for (const [number, sha256] of segments) {
    noteSegment(numbering, { header: { writer: 'w', bucket: '_', number }, sha256 } as unknown as Segment);
  }
  return numberingNotices(numbering);
}

it('has nothing to say of numbers without gap, in any order and seen twice', () => {
  assert.equal(notices([1, 'b'], [0, 'a'], [2, 'c'], [1, 'b']), []);
});

it('tells gaps and forks', () => {
  assert.equal(notices([3, 'd'], [5, 'f'], [5, 'g']), [
    'writer w, no pipeline: segment 0 to 2 is not here (another clone may have it)',
    'writer w, no pipeline: segment 4 is not here (another clone may have it)',
    'writer w, no pipeline: 2 segments have number 5 (a copied clone, or a lost race)',
  ]);
});

it.run();
