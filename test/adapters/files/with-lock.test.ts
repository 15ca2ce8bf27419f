import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withLock } from '../../../src/adapters/files/with-lock.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('with-lock');

function lockPath(): string {
  return join(makeTempDirectory('lock'), 'deep/er/x.lock');
}

/** What a lock of this process holds, taken from a real one. */
async function ownLine(): Promise<string> {
  const path = lockPath();
  return withLock(path, () => readFileSync(path, 'utf8'));
}

test('the lock is there during the work and gone afterwards, also when the work fails', async () => {
  const path = lockPath();
  assert.ok(await withLock(path, () => existsSync(path)));
  assert.equal(readdirSync(dirname(path)), []);
  let message = '';
  try {
    await withLock(path, () => {
      throw new Error('work failed');
    });
  } catch (error) {
    message = String(error);
  }
  assert.match(message, /work failed/);
  assert.equal(readdirSync(dirname(path)), []);
});

test('a lock that is held is waited for', async () => {
  const path = lockPath();
  await withLock(path, () => undefined);
  writeFileSync(path, await ownLine());
  let isReleased = false;
  const waiting = withLock(path, () => isReleased);
  await new Promise((resolve) => setTimeout(resolve, 60));
  isReleased = true;
  writeFileSync(path, '0 elsewhere x\n');
  utimesSync(path, 1, 1);
  assert.ok(await waiting);
});

test('the lock of a process that is gone is broken at once', async () => {
  const path = lockPath();
  await withLock(path, () => undefined);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(path, (await ownLine()).replace(/^\d+/, String(gone)));
  assert.is(await withLock(path, () => 'done'), 'done');
  assert.equal(readdirSync(dirname(path)), []);
});

test('an old lock is broken whoever holds it, and so is what a crash left of the breaking', async () => {
  const path = lockPath();
  await withLock(path, () => undefined);
  for (const name of [path, `${path}.break`]) {
    writeFileSync(name, await ownLine());
    utimesSync(name, 1, 1);
  }
  assert.is(await withLock(path, () => 'done'), 'done');
  assert.equal(readdirSync(dirname(path)), []);
});

test('a lock that was broken and taken by another is not removed', async () => {
  const path = lockPath();
  await withLock(path, () => writeFileSync(path, 'the lock of another\n'));
  assert.is(readFileSync(path, 'utf8'), 'the lock of another\n');
});

test.run();
