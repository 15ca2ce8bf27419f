import type { BenchCase, Side } from '../bench-case.ts';
import { FILES } from '../beside-dvc.ts';
import { type Mover, moverCase } from '../movers.ts';

/** A folder of many small files in the cache, and a storage that has them all already. */
function moveCase(name: string, rounds: number, work: (mover: Mover) => Side): BenchCase {
  return moverCase({
    name: `5  ${name} of ${FILES} files, a folder as storage`,
    goal: { kind: 'faster', times: 5 },
    rounds,
    tracked: { paths: ['d'] },
    before: ['add', 'push'],
    work,
  });
}

export default [
  moveCase('push', 3, ({ push, emptyStorage }) => ({ ...push, prepare: emptyStorage })),
  moveCase('push, nothing new,', 5, ({ push }) => push),
  moveCase('pull and checkout', 3, ({ pull, emptySite }) => ({ ...pull, prepare: emptySite })),
  moveCase('pull, nothing to do,', 5, ({ pull }) => pull),
];
