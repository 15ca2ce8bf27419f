import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createHasher } from '../../src/adapters/files/hasher.ts';
import type { BenchCase, Place } from '../bench-case.ts';
import { command } from '../command.ts';

const PIECES = 512;
const PIECE_BYTES = 1024 * 1024;
/** Nine tenths of the speed. */
const GOAL = { kind: 'at-most', times: 1.11 } as const;

/** One read, two digests: MD5 sets the pace, and BLAKE3 must hide behind it. */
const hashing: BenchCase = {
  name: `4  hash one file of ${PIECES} MiB with MD5 and BLAKE3`,
  goal: GOAL,
  rounds: 5,
  open: (place) => {
    const path = makeLarge(place);
    return {
      work: { name: 'md5 and blake3', run: async () => void (await createHasher().hash(path, { root: place.folder })) },
      against: command('openssl dgst -md5', ['openssl', 'dgst', '-md5', path], { cwd: place.folder }),
      limit: command('md5sum', ['md5sum', path], { cwd: place.folder }),
    };
  },
};

/** The whole of it: hashes, a copy or a clone in the cache, durable, a pointer. */
const adding: BenchCase = {
  name: `4  add one file of ${PIECES} MiB`,
  goal: GOAL,
  rounds: 5,
  open: (place) => {
    makeLarge(place);
    const { folder, root } = place;
    const program = join(root, 'bin/git-cmf');
    execFileSync('git', ['init', '-q'], { cwd: folder });
    execFileSync(process.execPath, [program, 'init', '-q'], { cwd: folder });
    const forget = (): void => {
      for (const name of ['.dvc/cache', 'large.dvc', '.git/cmf/hashes', 'copy']) {
        rmSync(join(folder, name), { recursive: true, force: true });
      }
    };
    return {
      work: command('git-cmf artifact add', [process.execPath, program, 'artifact', 'add', 'large'], {
        cwd: folder,
        prepare: forget,
      }),
      against: command('cp --reflink=auto, sync', ['sh', '-c', 'cp --reflink=auto large copy && sync -f copy'], {
        cwd: folder,
        prepare: forget,
      }),
      limit: command('openssl dgst -md5', ['openssl', 'dgst', '-md5', 'large'], { cwd: folder }),
    };
  },
};

function makeLarge({ folder }: Place): string {
  const path = join(folder, 'large');
  const fd = openSync(path, 'wx');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let i = 0; i < PIECES; i++) {
    piece.fill(`${i} `);
    writeSync(fd, piece);
  }
  closeSync(fd);
  execFileSync('sync', ['-f', path]);
  return path;
}

export default [hashing, adding];
