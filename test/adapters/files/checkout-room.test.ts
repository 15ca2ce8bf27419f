import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CheckoutRoom, openCheckoutRoom } from '../../../src/adapters/files/checkout-room.ts';
import { openWorktreeFolders } from '../../../src/adapters/files/worktree-folders.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('checkout-room');

function lay() {
  const top = makeTempDirectory('room');
  const [root, temporary] = [join(top, 'tree'), join(top, 'tmp')];
  mkdirSync(root);
  const clock = { ms: 0 };
  const folders = openWorktreeFolders(root);
  const room = openCheckoutRoom({ root, folders, temporaries: [temporary], nowMs: () => clock.ms });
  return { root, temporary, clock, room };
}

function put(room: CheckoutRoom, path: string, text = path): void {
  if (room.isDue()) room.release();
  writeFileSync(room.placeOf(path), text, { flag: 'wx' });
  room.settle(path);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

test('a folder that is not there gets its place as a whole, with those below it', () => {
  const { root, temporary, room } = lay();
  mkdirSync(join(root, 'old'));
  for (const path of ['top', 'old/a', 'new/a', 'new/sub/b', 'old/young/c', 'new/sub/d']) put(room, path);
  assert.equal(namesIn(root), ['old', 'old/a', 'top']);
  room.release();
  const all = ['new', 'new/a', 'new/sub', 'new/sub/b', 'new/sub/d', 'old', 'old/a', 'old/young', 'old/young/c', 'top'];
  assert.equal(namesIn(root), all);
  put(room, 'new/e');
  put(room, 'new/a', 'again');
  assert.is(readFileSync(join(root, 'new/a'), 'utf8'), 'again');
  room.close();
  assert.equal(namesIn(root), [...all, 'new/e'].sort());
  assert.equal(namesIn(temporary), []);
});

test('many files may be on their way at once, and get their places in any order', () => {
  const { root, temporary, room } = lay();
  mkdirSync(join(root, 'old'));
  const paths = ['old/a', 'new/a', 'old/b', 'old/c'];
  for (const path of paths) writeFileSync(room.placeOf(path), path, { flag: 'wx' });
  for (const path of ['old/c', 'new/a', 'old/a']) room.settle(path);
  room.release();
  room.close();
  assert.equal(namesIn(root), ['new', 'new/a', 'old', 'old/a', 'old/c']);
  assert.is(readFileSync(join(root, 'old/c'), 'utf8'), 'old/c');
  assert.equal(namesIn(temporary), []);
});

test('what has no place yet goes when the room is closed', () => {
  const { root, temporary, room } = lay();
  put(room, 'new/a');
  room.close();
  assert.equal(namesIn(root), []);
  assert.equal(namesIn(temporary), []);
});

test('after ten seconds a folder gets its place though more files may come', () => {
  const { root, clock, room } = lay();
  put(room, 'new/a');
  clock.ms = 10_000;
  put(room, 'new/b');
  assert.equal(namesIn(root), []);
  clock.ms = 10_001;
  put(room, 'new/c');
  assert.equal(namesIn(root), ['new', 'new/a', 'new/b', 'new/c']);
  put(room, 'other/a');
  clock.ms = 20_001;
  put(room, 'other/b');
  assert.not(namesIn(root).includes('other'), 'the ten seconds begin anew');
});

test('where somebody made the folder meanwhile, its files are added, and ours replace theirs', () => {
  const { root, room } = lay();
  for (const path of ['new/a', 'new/sub/b']) put(room, path);
  mkdirSync(join(root, 'new/sub'), { recursive: true });
  for (const path of ['new/a', 'new/z', 'new/sub/y']) writeFileSync(join(root, path), 'theirs');
  room.release();
  assert.equal(namesIn(root), ['new', 'new/a', 'new/sub', 'new/sub/b', 'new/sub/y', 'new/z']);
  assert.is(readFileSync(join(root, 'new/a'), 'utf8'), 'new/a');
});

test('where somebody made a link meanwhile, nothing goes through it', () => {
  for (const link of ['new', 'new/sub']) {
    const { root, room } = lay();
    const outside = makeTempDirectory('outside');
    put(room, 'new/sub/b');
    if (link === 'new/sub') mkdirSync(join(root, 'new'));
    symlinkSync(outside, join(root, link));
    assert.throws(() => room.release(), /cannot be used|does not exist/);
    assert.equal(namesIn(outside), []);
  }
});

test('where new folders get the group of the one above, they are made in it', () => {
  const { root, room } = lay();
  chmodSync(root, 0o2775);
  put(room, 'new/sub/a');
  assert.equal(namesIn(root), ['new', 'new/sub', 'new/sub/a']);
  assert.is(statSync(join(root, 'new/sub')).mode & 0o2000, 0o2000);
});

test.run();
