import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findLeftovers, listObjects } from '../../../src/adapters/files/cache-contents.ts';
import { FileRemover } from '../../../src/adapters/files/sweep-files.ts';
import { formatDigest } from '../../../src/domain/digest.ts';
import type { CachePlace } from '../../../src/domain/dvc-cache.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('cache-contents');

const REST = '1d8cd98f00b204e9800998ecf8427e';

function cacheOf(files: Readonly<Record<string, string>>): CachePlace {
  const directory = makeTempDirectory('cache');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return { directory, linkTypes: ['copy'], group: false };
}

test('lists the objects of DVC 3 and of DVC 2, and nothing else', () => {
  const place = cacheOf({
    [`files/md5/d4/${REST}`]: 'xyz',
    [`files/md5/d4/${REST}.dir`]: '',
    [`d4/${REST}`]: '',
    [`d4/${REST}.dir`]: '',
    [`files/md5/d4/.${REST}.tmp`]: '',
    [`files/md5/d4/${REST}.unpacked`]: '',
    [`files/md5/zz/${REST}`]: '',
    [`runs/d4/${REST}`]: '',
    'CACHEDIR.TAG': '',
  });
  mkdirSync(join(place.directory, 'ff'));
  symlinkSync('/etc/passwd', join(place.directory, 'ff', REST));
  const found = [...listObjects(place)];
  assert.equal(found.map(({ digest }) => formatDigest(digest)).sort(), [
    `md5-dir:d4${REST}`,
    `md5-dos2unix-dir:d4${REST}`,
    `md5-dos2unix:d4${REST}`,
    `md5:d4${REST}`,
  ]);
  assert.is(found.find(({ digest }) => digest.kind === 'md5')?.sizeBytes, 3);
  for (const { changedMs } of found) assert.ok(Math.abs(Date.now() - changedMs) < 600_000);
});

test("what lies behind a shelf that is a link is nobody's to list or to remove", () => {
  const elsewhere = cacheOf({ [REST]: 'x', '.abc000.tmp': 'x' });
  const place = cacheOf({ 'files/md5/x': '' });
  symlinkSync(elsewhere.directory, join(place.directory, 'files/md5/d4'));
  assert.equal([...listObjects(place)], []);
  findLeftovers(place, [makeTempDirectory('room')], Date.now() + 600_000, true);
  assert.ok(existsSync(join(elsewhere.directory, '.abc000.tmp')));
});

test('an empty place has nothing', () => {
  assert.equal([...listObjects(cacheOf({}))], []);
});

test('finds what was left unfinished, and leaves what is young', () => {
  const left = {
    [`files/md5/d4/.abc000.tmp`]: '1234',
    'files/md5/.def000.tmp': '1',
    [`files/md5/.runab.tmp/${REST}`]: '5',
    [`files/md5/d4/${REST}`]: 'x',
  };
  const place = cacheOf(left);
  const room = makeTempDirectory('room');
  mkdirSync(join(room, 'checkout-x1y2z3'));
  mkdirSync(join(room, 'checkout-x1y2z3/0'));
  writeFileSync(join(room, 'checkout-x1y2z3/0/name'), '123');
  writeFileSync(join(room, 'else'), '123');
  const none = { files: 0, bytes: 0, failure: undefined };
  const found = { files: 4, bytes: 9, failure: undefined };
  assert.equal(findLeftovers(place, [room], Date.now() - 600_000, true), none);
  assert.equal(findLeftovers(place, [room], Date.now() + 600_000, false), found);
  assert.ok(existsSync(join(place.directory, 'files/md5/.def000.tmp')));
  assert.equal(findLeftovers(place, [room], Date.now() + 600_000, true), found);
  assert.equal(findLeftovers(place, [room], Date.now() + 600_000, true), none);
  assert.not.ok(existsSync(join(place.directory, 'files/md5/.runab.tmp')));
  assert.is([...listObjects(place)].length, 1);
  assert.equal(readdirSync(room), ['else']);
});

test('removes what is there and old; what is gone is no error', () => {
  const place = cacheOf({ a: '' });
  const paths = [join(place.directory, 'a'), join(place.directory, 'b')];
  const remove = (olderThanMs: number) => paths.filter((path) => new FileRemover(olderThanMs).remove(path));
  assert.equal(remove(Date.now() - 600_000), []);
  assert.ok(existsSync(join(place.directory, 'a')));
  assert.equal(remove(Date.now() + 600_000), [paths[0]]);
  assert.not.ok(existsSync(join(place.directory, 'a')));
});

test.run();
