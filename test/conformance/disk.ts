import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Disk } from '../../src/ports/disk.ts';

/** What every Disk must do. `fresh` gives a disk and an empty directory on it. */
export function diskSuite(name: string, fresh: () => { readonly disk: Disk; readonly directory: string }): Test {
  const test = suite(`disk: ${name}`);
  const bytes = (text: string) => Buffer.from(text);
  const text = (found: Uint8Array | undefined) => (found === undefined ? undefined : Buffer.from(found).toString());

  test('what is absent is undefined, an empty list or false', () => {
    const { disk, directory } = fresh();
    assert.is(disk.read(`${directory}/none`), undefined);
    assert.is(disk.stat(`${directory}/none`), undefined);
    assert.equal(disk.list(`${directory}/none`), []);
    assert.is(disk.rename(`${directory}/none`, `${directory}/other`), false);
    disk.remove(`${directory}/none`);
  });

  test('appends follow each other, in one file and over several openings', () => {
    const { disk, directory } = fresh();
    const path = `${directory}/log`;
    const file = disk.openAppend(path, { create: true });
    file.append(bytes('one\n'));
    file.append(bytes('two\n'));
    file.sync();
    file.close();
    const again = disk.openAppend(path, { create: false });
    again.append(bytes('three\n'));
    again.sync();
    again.close();
    assert.is(text(disk.read(path)), 'one\ntwo\nthree\n');
    assert.is(disk.stat(path)?.inode, file.inode);
    assert.is(disk.stat(path)?.sizeBytes, 14);
  });

  test('creating refuses what is there; opening refuses what is not', () => {
    const { disk, directory } = fresh();
    const path = `${directory}/log`;
    disk.openAppend(path, { create: true }).close();
    assert.throws(() => disk.openAppend(path, { create: true }), /log/);
    assert.throws(() => disk.openAppend(`${directory}/none`, { create: false }));
  });

  test('replace and hints leave exactly the new bytes and no other file', () => {
    const { disk, directory } = fresh();
    disk.replace(`${directory}/a`, 'first');
    disk.replace(`${directory}/a`, 'second');
    disk.writeHint(`${directory}/b`, 'first');
    disk.writeHint(`${directory}/b`, 'second');
    assert.is(text(disk.read(`${directory}/a`)), 'second');
    assert.is(text(disk.read(`${directory}/b`)), 'second');
    assert.equal(disk.list(directory).sort(), ['a', 'b']);
    disk.writeHint(`${directory}/new/c`, 'third');
    assert.is(text(disk.read(`${directory}/new/c`)), 'third');
  });

  test('of two exclusive creations the first wins', () => {
    const { disk, directory } = fresh();
    assert.is(disk.createExclusive(`${directory}/lock`, 'mine'), true);
    assert.is(disk.createExclusive(`${directory}/lock`, 'yours'), false);
    assert.is(text(disk.read(`${directory}/lock`)), 'mine');
    assert.equal(disk.list(directory), ['lock']);
    disk.remove(`${directory}/lock`);
    assert.is(disk.createExclusive(`${directory}/lock`, 'yours'), true);
  });

  test('rename replaces its target and keeps the file', () => {
    const { disk, directory } = fresh();
    disk.replace(`${directory}/a`, 'a');
    disk.replace(`${directory}/b`, 'b');
    const inode = disk.stat(`${directory}/a`)?.inode;
    assert.is(disk.rename(`${directory}/a`, `${directory}/b`), true);
    disk.syncDirectory(directory);
    assert.is(disk.stat(`${directory}/b`)?.inode, inode);
    assert.equal(disk.list(directory), ['b']);
  });

  test('a second name is the same file, and replaces what had it', () => {
    const { disk, directory } = fresh();
    assert.is(disk.link(`${directory}/none`, `${directory}/b`), false);
    disk.replace(`${directory}/a`, 'a');
    disk.replace(`${directory}/b`, 'b');
    for (const _ of ['new', 'there already']) {
      assert.is(disk.link(`${directory}/a`, `${directory}/b`), true);
      assert.is(disk.stat(`${directory}/b`)?.inode, disk.stat(`${directory}/a`)?.inode);
      assert.equal(disk.list(directory).sort(), ['a', 'b']);
    }
    disk.replace(`${directory}/a`, 'new');
    assert.is(text(disk.read(`${directory}/b`)), 'a');
  });

  test('a path that cannot be gives an error that names it', () => {
    const { disk, directory } = fresh();
    assert.throws(() => disk.openAppend(`${directory}/none/log`, { create: true }), /log/);
  });

  return test;
}
