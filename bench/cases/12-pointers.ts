import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Side } from '../bench-case.ts';
import { amount } from '../beside-dvc.ts';
import { type Mover, moverCase, type Tracked } from '../movers.ts';

/** Files that each have a pointer of their own, as in a folder that people add to file by file. */
const POINTERS = amount('CMF_BENCH_POINTERS', 2000);
const FILE_BYTES = 4096;
const PATHS = Array.from({ length: POINTERS }, (_, i) => `f/${String(i).padStart(5, '0')}.bin`);

const tracked: Tracked = {
  paths: PATHS,
  make: (repository) => {
    mkdirSync(join(repository, 'f'));
    for (const path of PATHS) writeFileSync(join(repository, path), `${path} `.padEnd(FILE_BYTES, 'x'));
  },
};

function pointersCase(name: string, times: number, work: (mover: Mover) => Side): BenchCase {
  return moverCase({
    name: `12 ${name} of ${POINTERS} pointers, a file of ${FILE_BYTES} bytes each`,
    goal: { kind: 'faster', times },
    rounds: 3,
    tracked,
    before: ['add', 'push'],
    work,
  });
}

export default [
  pointersCase('status, nothing changed,', 8, ({ status }) => status),
  pointersCase('pull, nothing to do,', 5, ({ pull }) => pull),
  pointersCase('checkout', 5, ({ checkout, emptyWorkTree }) => ({ ...checkout, prepare: emptyWorkTree })),
];
