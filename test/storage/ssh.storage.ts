/** Another machine, through a real ssh and a real sshd. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ObjectStorage } from '../../src/ports/object-storage.ts';
import { failureOf, fileWith, listed, type StorageSubject, storageSuite } from '../conformance/object-storage.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { type Relay, startRelay } from '../transports/serving.ts';
import { type SftpServing, startSftp } from './sftp-server.ts';
import { openAs, storageOf } from './storage-of.ts';

let served: SftpServing;
const opened: ObjectStorage[] = [];

type Way = { readonly root: string; readonly port?: number; readonly ssh?: string; readonly key?: string };

async function open({ root, port = served.port, ssh = served.ssh, key = served.key }: Way): Promise<ObjectStorage> {
  const storage = storageOf(`ssh://${served.user}@127.0.0.1:${port}${root}`, { keyfile: key, timeout: '10' });
  const objects = await openAs(storage, { GIT_SSH: ssh });
  opened.push(objects);
  return objects;
}

const it = storageSuite('ssh', async (): Promise<StorageSubject> => {
  served = await startSftp();
  return {
    fresh: async () => {
      const root = join(makeTempDirectory('storage'), 'not', "y e't");
      const again = () => open({ root });
      return { storage: await again(), again };
    },
    stop: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await served.stop();
    },
  };
});

/** A storage behind a line that can be cut. */
async function behindRelay(): Promise<{
  readonly relay: Relay;
  readonly root: string;
  readonly storage: ObjectStorage;
}> {
  const relay = await startRelay(served.port);
  const root = makeTempDirectory('storage');
  return { relay, root, storage: await open({ root, port: relay.port }) };
}

it('a line that is cut while something is sent leaves no object, and the next try uses a new one', async () => {
  const { relay, root, storage } = await behindRelay();
  const source = fileWith(randomBytes(3_000_000));
  for (const sizeBytes of [100, 5_000, 1_000_000, 2_900_000]) {
    relay.cutAfter(sizeBytes);
    const failure = await failureOf(storage.put(source.key, source));
    assert.ok(failure.retryable, failure.message);
    assert.not(existsSync(join(root, source.key)), `cut after ${sizeBytes}`);
  }
  relay.cutAfter(Number.POSITIVE_INFINITY);
  await storage.put(source.key, source);
  assert.equal(await listed(storage, ''), new Map([[source.key, source.sizeBytes]]));
  assert.ok(readFileSync(join(root, source.key)).equals(readFileSync(source.path)));
  await storage.close();
  await relay.stop();
});

it('a line that is cut while something comes leaves no file', async () => {
  const { relay, storage } = await behindRelay();
  const source = fileWith(randomBytes(3_000_000));
  await storage.put(source.key, source);
  await storage.close();
  const path = join(makeTempDirectory('target'), 'file');
  for (const sizeBytes of [5_000, 1_500_000]) {
    relay.cutAfter(sizeBytes, 'in');
    const failure = await failureOf(storage.get(source.key, path));
    assert.ok(failure.retryable, failure.message);
    assert.not(existsSync(path), `cut after ${sizeBytes}`);
  }
  relay.cutAfter(Number.POSITIVE_INFINITY, 'in');
  assert.is(await storage.get(source.key, path), source.sizeBytes);
  await storage.close();
  await relay.stop();
});

it('tells who is not known, and does not try that again', async () => {
  const root = makeTempDirectory('storage');
  const tries: readonly (readonly [Way, RegExp])[] = [
    [{ root, ssh: served.strangerSsh }, /Host key verification failed/],
    [{ root, key: served.strangeKey }, /Permission denied \(publickey\)/],
  ];
  for (const [way, words] of tries) {
    const failure = await failureOf((await open(way)).sizes([fileWith(Buffer.from('x')).key]));
    assert.is(failure.code, 'environment');
    assert.match(failure.message, words);
    assert.match(failure.hint ?? '', /^ssh 127\.0\.0\.1 /);
    assert.not(failure.retryable);
  }
});

it('a host that does not answer may answer later', async () => {
  const { relay, storage } = await behindRelay();
  await relay.stop();
  const failure = await failureOf(storage.sizes([fileWith(Buffer.from('x')).key]));
  assert.match(failure.message, /Connection refused/);
  assert.ok(failure.retryable);
});

it('without ssh it says so', async () => {
  const failure = await failureOf(
    (await open({ root: '/x', ssh: '/nowhere/ssh' })).remove(fileWith(Buffer.from('x')).key),
  );
  assert.match(failure.message, /ssh is not installed/);
});

it('a path that cannot be is named, and leaves the session as it is', async () => {
  const root = makeTempDirectory('storage');
  writeFileSync(join(root, 'files'), 'a file in the way');
  const storage = await open({ root });
  const source = fileWith(Buffer.from('x'));
  const failure = await failureOf(storage.put(source.key, source));
  assert.is(failure.code, 'environment');
  assert.not(failure.retryable);
  assert.match(failure.message, new RegExp(`^${root}/files`));
  assert.equal(await storage.sizes([source.key]), new Map());
});

it('what is half written is no object, and nothing of ours stays', async () => {
  const root = makeTempDirectory('storage');
  const storage = await open({ root });
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  assert.equal(readdirSync(join(root, dirname(source.key))), [source.key.slice(-30)]);
  writeFileSync(join(root, dirname(source.key), '.abc.tmp'), 'half');
  const left = `${dirname(source.key)}/.${'x'.repeat(22)}.tmp`;
  writeFileSync(join(root, left), 'half');
  const [unfinished, ...more] = await storage.unfinished();
  assert.equal([unfinished?.key, unfinished?.sizeBytes, more], [left, 4, []]);
  assert.ok(Math.abs((unfinished?.modifiedMs ?? 0) - Date.now()) < 600_000);
  mkdirSync(join(root, 'files/md5/ff'));
  assert.equal([...(await listed(storage, '')).keys()], [source.key]);
  assert.is(statSync(join(root, source.key)).size, 1);
});

it.run();
