/** Files that change while they are read, and several who do the same at once: nobody keeps what was never there. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
import { parsePointer } from '../../src/domain/dvc-pointer.ts';
import { git, makeTempDirectory, sealedEnv } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite } from '../helpers/sites.ts';
import { objectIn, objectsIn, requireComplete, requireSound, unfinishedIn } from '../helpers/sound-objects.ts';

const it = suite('system: artifacts that change under the hand');

/** Several reads long. */
const SIZE = 24 * 1024 * 1024;
const TRIES = 6;

/** Runs a script of node's until it is told to end, or ends by itself. */
function meanwhile(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['-e', script, ...args], { env: sealedEnv(), stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
}

/** Writes another letter all over a file, again and again, and never the same one twice in a row. */
const OVERWRITE = `
  const { openSync, writeSync } = require('node:fs');
  const [path, size] = [process.argv[1], Number(process.argv[2])];
  const fd = openSync(path, 'r+');
  for (let turn = 0; ; turn++) {
    const piece = Buffer.alloc(65536, 97 + (turn % 26));
    for (let at = 0; at < size; at += piece.length) writeSync(fd, piece, 0, piece.length, at);
  }`;

async function makePlace(): Promise<{ site: string; central: string; storage: string; cache: string }> {
  const central = await makeCentral({ hooks: false });
  const site = await makeSite(central);
  const storage = makeTempDirectory('storage');
  await cmf(site, ['storage', 'add', 'team', storage, '--default', '-q']);
  return { site, central, storage, cache: join(site, '.dvc/cache') };
}

/** Where the object lies that a pointer names. */
function keptAs(site: string, name: string): string {
  const [out] = parsePointer(readFileSync(join(site, `${name}.dvc`), 'utf8'), name).outs;
  return objectIn(join(site, '.dvc/cache'), `${out?.digest?.value}`);
}

for (const linkType of ['reflink,copy', 'hardlink']) {
  it(`a file that is written to while it is added is refused or kept as it was, with cache.type ${linkType}`, async () => {
    const { site, cache } = await makePlace();
    const config = join(site, '.dvc/config');
    writeFileSync(config, `${readFileSync(config, 'utf8')}[cache]\n    type = ${linkType}\n`);
    const path = join(site, 'busy.bin');
    writeFileSync(path, Buffer.alloc(SIZE, 'z'));
    const stop = meanwhile(OVERWRITE, [path, String(SIZE)]);
    let refused = 0;
    try {
      for (let i = 0; i < TRIES; i++) {
        const { exitCode, stderr } = await cmf(site, ['artifact', 'add', 'busy.bin'], { expectExit: 'any' });
        if (exitCode === 0) continue;
        refused++;
        assert.is(exitCode, 4, stderr);
        assert.match(stderr, /busy\.bin changed while it was hashed\nhint: wait until it is complete/);
        assert.not.ok(existsSync(`${path}.dvc`));
      }
    } finally {
      await stop();
    }
    assert.is(refused, TRIES);
    requireSound(cache);
    assert.equal(unfinishedIn(cache), []);
    chmodSync(path, 0o644);
    await cmf(site, ['artifact', 'add', 'busy.bin']);
    assert.ok(existsSync(keptAs(site, 'busy.bin')));
    requireSound(cache);
  });
}

it('an object that is changed or replaced in the cache while it is pushed is not sent as what it was', async () => {
  const { site, storage, cache } = await makePlace();
  const names = Array.from({ length: 24 }, (_, i) => `f${i}.bin`);
  for (const [i, name] of names.entries()) writeFileSync(join(site, name), Buffer.alloc(2 * 1024 * 1024, 97 + i));
  await cmf(site, ['artifact', 'add', ...names]);
  const objects = names.map((name) => keptAs(site, name)).reverse();
  // As soon as the first begins to arrive all are spoiled, those that go last first.
  const spoil = `
    const { chmodSync, openSync, writeSync, closeSync, readdirSync, writeFileSync } = require('node:fs');
    const [storage, ready, ...objects] = process.argv.slice(1);
    writeFileSync(ready, '');
    for (;;) {
      try { if (readdirSync(storage + '/files/md5').length > 0) break; } catch {}
    }
    for (const object of objects) {
      chmodSync(object, 0o644);
      const fd = openSync(object, 'r+');
      writeSync(fd, 'spoiled', 1000);
      closeSync(fd);
      chmodSync(object, 0o444);
    }`;
  const ready = join(makeTempDirectory('ready'), 'ready');
  const stop = meanwhile(spoil, [storage, ready, ...objects]);
  while (!existsSync(ready)) await sleep(10);
  const { exitCode, stdout, stderr } = await cmf(site, ['artifact', 'push'], { expectExit: 'any' });
  await stop();
  requireSound(storage);
  assert.equal(unfinishedIn(storage), []);
  assert.is(exitCode, 1, stdout + stderr);
  assert.match(stdout, /is not what its name says, and was not sent|changed while it was stored/);
  // Where the files are right, the next add and push put it right.
  for (const { path, md5 } of objectsIn(cache)) if (md5Hex(readFileSync(path)) !== md5) renameSync(path, `${path}.bad`);
  await cmf(site, ['artifact', 'add', ...names]);
  await cmf(site, ['artifact', 'push']);
  requireSound(storage);
  assert.is(objectsIn(storage).length, names.length);
});

it('several who push, pull and add the same at once end with the same, whole', async () => {
  const { site, central, storage, cache } = await makePlace();
  mkdirSync(join(site, 'data'));
  for (let i = 0; i < 300; i++) writeFileSync(join(site, `data/${i}`), `${i}\n`.repeat(50));
  writeFileSync(join(site, 'large.bin'), Buffer.alloc(6 * 1024 * 1024, 'L'));
  const add = () => cmf(site, ['artifact', 'add', 'data', 'large.bin']);
  await Promise.all([add(), add(), add()]);
  requireSound(cache);
  requireComplete(cache);
  const push = () => cmf(site, ['artifact', 'push']);
  await Promise.all([push(), push(), push()]);
  requireSound(storage);
  requireComplete(storage);
  assert.is(objectsIn(storage).length, 302);
  await git(['add', '-A'], { cwd: site });
  await git(['commit', '--quiet', '-m', 'pointers'], { cwd: site });
  await git(['push', '--quiet', 'origin', 'HEAD:refs/heads/main'], { cwd: site });
  const there = await makeSite(central);
  const pull = () => cmf(there, ['artifact', 'pull']);
  await Promise.all([pull(), pull(), pull()]);
  requireSound(join(there, '.dvc/cache'));
  for (const folder of [cache, storage, join(there, '.dvc/cache')]) assert.equal(unfinishedIn(folder), []);
  assert.is(readFileSync(join(there, 'data/299'), 'utf8'), '299\n'.repeat(50));
  assert.match((await cmf(there, ['artifact', 'status', '--json'])).stdout, /^(?!.*(?:modified|deleted)).*clean/);
});

it.run();
