/** A folder on a disk that is full, and one that nobody may write: both need an administrator to be made, or an ordinary user. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { failureOf, fileWith, listed } from '../conformance/object-storage.ts';
import { cmfAsOrdinaryUser } from '../helpers/ordinary-user.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite } from '../helpers/sites.ts';
import { smallFileSystem } from './full-disk.ts';
import { openAs, storageOf } from './storage-of.ts';

const it = suite('storage: a folder in trouble');

it('a full disk leaves no half object, and room for a smaller one', async () => {
  const disk = smallFileSystem(4 * 1024 * 1024);
  try {
    const storage = await openAs(storageOf(join(disk.path, 'storage')));
    const [large, small] = [fileWith(randomBytes(8 * 1024 * 1024)), fileWith(randomBytes(1000))];
    const failure = await failureOf(storage.put(large.key, large));
    assert.is(failure.code, 'environment');
    assert.not(failure.retryable);
    assert.match(failure.message, /no space left/);
    assert.equal(await listed(storage, ''), new Map());
    await storage.put(small.key, small);
    const target = join(disk.path, 'target');
    const source = await openAs(storageOf(makeTempDirectory('storage')));
    await source.put(large.key, large);
    for (const options of [{}, { observe: () => () => undefined }]) {
      assert.match((await failureOf(source.get(large.key, target, options))).message, /no space left/);
      assert.not(existsSync(target));
    }
    await storage.settle();
  } finally {
    disk.stop();
  }
});

it('a folder that may not be written is named', async () => {
  const site = await makeSite(await makeCentral({ hooks: false }));
  const root = makeTempDirectory('storage');
  chmodSync(root, 0o555);
  await cmf(site, ['storage', 'add', 'shelf', root]);
  const { stdout } = await cmfAsOrdinaryUser(site, ['storage', 'check', 'shelf', '--write'], { expectExit: 1 });
  assert.match(stdout, /^WRONG .*\/probe: permission denied$/m);
  assert.equal(readdirSync(root), []);
});

it.run();
