import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDvcConfigFiles } from '../../src/adapters/files/dvc-config-files.ts';
import { createHasher } from '../../src/adapters/files/hasher.ts';
import { createObjectCache } from '../../src/adapters/files/object-cache.ts';
import { createPointerFiles } from '../../src/adapters/files/pointer-files.ts';
import { type Tracked, type TrackOptions, track } from '../../src/app/track.ts';
import { makeWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { add: (path: string, options?: Partial<TrackOptions>) => Promise<Tracked> };
const it = suite<Bench>('app: tracking a path');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
  const { clone, directory } = bench;
  const lockDirectory = join(directory, '.git/cmf/lock');
  const files = {
    hasher: createHasher(),
    objects: createObjectCache({ temporaries: [join(directory, '.git/cmf/tmp')], sync: async () => true }),
    pointers: createPointerFiles({ lockDirectory }),
    config: createDvcConfigFiles({ env: {}, home: directory, platform: 'linux', lockDirectory }),
  };
  bench.add = (path, options) =>
    track(clone, files, join(directory, path), { writesPointer: true, stores: true, ...options });
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data/a'), 'content of a');
});
it.after.each(({ clone }) => clone.repository.close());

const MD5 = createHash('md5').update('content of a').digest('hex');

function objectOf({ directory }: Bench): string {
  return join(directory, '.dvc/cache/files/md5', MD5.slice(0, 2), MD5.slice(2));
}

function reasonOf({ pointer }: Tracked): string {
  return 'reason' in pointer ? pointer.reason : 'none';
}

it('keeps the bytes, writes the pointer and the line for git, and does it once', async (bench) => {
  const first = await bench.add('data/a');
  assert.equal('path' in first.pointer && [first.pointer.path, first.pointer.changed], ['data/a.dvc', true]);
  assert.is(readFileSync(objectOf(bench), 'utf8'), 'content of a');
  assert.match(readFileSync(join(bench.directory, 'data/a.dvc'), 'utf8'), new RegExp(MD5));
  assert.is(readFileSync(join(bench.directory, 'data/.gitignore'), 'utf8'), '/a\n');
  const second = await bench.add('data/a');
  assert.equal('path' in second.pointer && second.pointer.changed, false);
});

it('only hashes where no pointer is wanted, and keeps nothing where nothing is to be stored', async (bench) => {
  assert.is(reasonOf(await bench.add('data/a', { writesPointer: false })), 'none was asked for');
  assert.not(existsSync(join(bench.directory, 'data/a.dvc')));
  await bench.add('data/a', { stores: false });
  assert.ok(existsSync(join(bench.directory, 'data/a.dvc')));
  assert.not(existsSync(objectOf(bench)));
});

it('says why a path gets no pointer, and hashes it all the same', async (bench) => {
  const { directory } = bench;
  execFileSync('git', ['add', 'data/a'], { cwd: directory });
  const tracked = await bench.add('data/a');
  assert.is(reasonOf(tracked), 'git tracks it');
  assert.ok(tracked.hashed.digests.some(({ value }) => value === MD5));
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'd/b'), 'b');
  await bench.add('d');
  assert.match(reasonOf(await bench.add('d/b')), /d\.dvc already tracks d/);
});

it('makes links of what was added where cache.type asks for them, in a directory too', async (bench) => {
  const { directory } = bench;
  mkdirSync(join(directory, '.dvc'), { recursive: true });
  writeFileSync(join(directory, '.dvc/config'), '[cache]\n    type = hardlink\n');
  await bench.add('data');
  assert.is(lstatSync(join(directory, 'data/a')).ino, lstatSync(objectOf(bench)).ino);
});

it.run();
