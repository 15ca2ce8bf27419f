import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Goal } from '../bench-case.ts';
import { amount } from '../beside-dvc.ts';
import { command } from '../command.ts';
import { moverCase, type Tracked } from '../movers.ts';

const LARGE_MIB = amount('CMF_BENCH_LARGE_MIB', 4096);
const MEDIUM_FILES = amount('CMF_BENCH_MEDIUM_FILES', 200);
const MEDIUM_MIB = amount('CMF_BENCH_MEDIUM_MIB', 20);
const MIB = 1024 * 1024;
/** Both read and hash every byte with MD5, and write it once. */
const GOAL: Goal = { kind: 'at-most', times: 1 };

/** Model weights. */
const large: Tracked = {
  paths: ['large'],
  isLarge: true,
  make: (repository) => makeFile(join(repository, 'large'), LARGE_MIB, 'large'),
};

/** Shards of a data set: as one folder. */
const medium: Tracked = {
  paths: ['shards'],
  isLarge: true,
  make: (repository) => {
    mkdirSync(join(repository, 'shards'));
    for (let i = 0; i < MEDIUM_FILES; i++) makeFile(join(repository, `shards/${i}.tar`), MEDIUM_MIB, `${i}`);
  },
};

function makeFile(path: string, mebibytes: number, name: string): void {
  const fd = openSync(path, 'wx');
  const piece = Buffer.alloc(MIB);
  for (let i = 0; i < mebibytes; i++) {
    piece.fill(`${name} ${i} `);
    writeSync(fd, piece);
  }
  closeSync(fd);
  execFileSync('sync', ['-f', path]);
}

function addAndPush(what: string, tracked: Tracked): readonly BenchCase[] {
  const shared = { goal: GOAL, rounds: 3, tracked };
  const copy = (from: string) => (repository: string) =>
    command('cp -r, sync', ['sh', '-c', `cp -r --reflink=auto ${from} ../copy && sync -f ../copy`], {
      cwd: repository,
      prepare: () => execFileSync('rm', ['-rf', join(repository, '../copy')]),
    });
  return [
    moverCase({
      ...shared,
      name: `13 add ${what}`,
      before: [],
      work: ({ add, forgetAdd }) => ({ ...add, prepare: forgetAdd }),
      limit: copy(tracked.paths.join(' ')),
    }),
    moverCase({
      ...shared,
      name: `13 push ${what}, a folder as storage`,
      before: ['add'],
      work: ({ push, emptyStorage }) => ({ ...push, prepare: emptyStorage }),
      limit: copy('.dvc/cache'),
    }),
  ];
}

export default [
  ...addAndPush(`one file of ${LARGE_MIB} MiB`, large),
  ...addAndPush(`${MEDIUM_FILES} files of ${MEDIUM_MIB} MiB in a folder`, medium),
];
