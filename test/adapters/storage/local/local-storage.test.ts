import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { localStorage } from '../../../../src/adapters/storage/local/local-storage.ts';
import { failureOf, fileWith, listed, storageSuite } from '../../../conformance/object-storage.ts';
import { makeTempDirectory } from '../../../helpers/sealed-git.ts';

const synced: string[] = [];
const syncFileSystem = async (path: string) => void synced.push(path);

const test = storageSuite('a folder', async () => ({
  fresh: async () => {
    const root = join(makeTempDirectory('storage'), 'not', 'yet');
    const open = async () => localStorage({ root, syncFileSystem });
    return { storage: await open(), again: open };
  },
}));

test('an object is what DVC would have made of it', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, syncFileSystem });
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  assert.is(statSync(join(root, source.key)).mode & 0o777, 0o444);
  assert.equal(readdirSync(dirname(join(root, source.key))), [source.key.slice(-30)]);
  const back = join(makeTempDirectory(), 'back');
  await storage.get(source.key, back);
  assert.is(statSync(back).mode & 0o200, 0o200);
});

test('folders of a group can be written by it', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, isShared: true, syncFileSystem });
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  for (const folder of ['files', 'files/md5', dirname(source.key)]) {
    assert.is(statSync(join(root, folder)).mode & 0o7777, 0o2775, folder);
  }
});

test('files of others are not shown: links to folders, and what is being written', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, syncFileSystem });
  mkdirSync(join(root, 'files/md5/aa'), { recursive: true });
  writeFileSync(join(root, 'files/md5/aa/.x.tmp'), 'half');
  mkdirSync(join(root, 'files/md5/.xab.tmp'));
  writeFileSync(join(root, 'files/md5/.xab.tmp/thing'), 'in a folder that has no name yet');
  writeFileSync(join(root, 'files/md5/aa/thing'), 'x');
  symlinkSync('..', join(root, 'files/md5/loop'));
  assert.equal([...(await listed(storage, '')).keys()], ['files/md5/aa/thing']);
});

test('knows what puts have not ended, in the folders of objects and by our names only', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, syncFileSystem });
  assert.equal(await storage.unfinished(), []);
  const token = 'A-_b'.repeat(6).slice(0, 22);
  const run = 'A-_b'.repeat(3);
  const put = [`files/md5/aa/.${token}.tmp`, `files/md5/aa/.${token}17.tmp`, `d4/.${token}.tmp`];
  const copied = [
    `files/md5/.${run}000000001.tmp`,
    `files/md5/aa/.${run}000000002.tmp`,
    `files/md5/.${run}ab.tmp/${'0'.repeat(30)}`,
  ];
  const left = [...put, ...copied];
  const others = [
    `files/md5/.${run}cd.tmp/notes`,
    'files/md5/aa/.x.tmp',
    `files/md5/aa/${token}.tmp`,
    `files/md5/.${token}.tmp`,
    `notes/.${token}.tmp`,
  ];
  for (const path of [...left, ...others, 'ff']) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), 'half');
  }
  mkdirSync(join(root, `d4/.${'x'.repeat(22)}.tmp`));
  const found = await storage.unfinished();
  assert.equal(found.map(({ key }) => key).sort(), [...left].sort());
  assert.ok(found.every(({ sizeBytes, modifiedMs }) => sizeBytes === 4 && Math.abs(modifiedMs - Date.now()) < 600_000));
  for (const { key } of found) await storage.remove(key);
  assert.equal(await storage.unfinished(), []);
  assert.ok(others.every((path) => existsSync(join(root, path))));
  assert.not.ok(existsSync(join(root, `files/md5/.${run}ab.tmp`)));
});

test('what was put is made durable once', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, syncFileSystem });
  await storage.settle();
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  await storage.settle();
  await storage.settle();
  assert.equal(
    synced.filter((path) => path === root),
    [root],
  );
});

test('a folder that was removed meanwhile is made again', async () => {
  const root = makeTempDirectory('storage');
  const storage = localStorage({ root, syncFileSystem });
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  const { rmSync } = await import('node:fs');
  rmSync(join(root, 'files'), { recursive: true, force: true });
  await storage.put(source.key, source).catch(() => storage.put(source.key, source));
  assert.is(readFileSync(join(root, source.key), 'utf8'), 'x');
});

test('a path that cannot be is named, and is not tried again', async () => {
  const file = fileWith(Buffer.from('x'));
  const storage = localStorage({ root: `${file.path}/below`, syncFileSystem });
  const failure = await failureOf(storage.put(file.key, file));
  assert.is(failure.code, 'environment');
  assert.not(failure.retryable);
  assert.match(failure.message, /a part of this path is not a folder/);
});

test.run();
