import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  openPace,
  readSmall,
  replaceSmall,
  SMALL_BYTES,
  writeSmall,
} from '../../../../src/adapters/storage/local/small-file.ts';
import { makeTempDirectory } from '../../../helpers/sealed-git.ts';

const test = suite('small-file');

test('reads small files whole and tells the others', () => {
  const folder = makeTempDirectory();
  for (const size of [0, 1, SMALL_BYTES]) {
    writeFileSync(join(folder, 'f'), Buffer.alloc(size, 7));
    assert.is(readSmall(join(folder, 'f'))?.length, size);
  }
  writeFileSync(join(folder, 'f'), Buffer.alloc(SMALL_BYTES + 1));
  assert.is(readSmall(join(folder, 'f')), undefined);
});

test('writes with the mode it is told, whatever the umask', () => {
  const folder = makeTempDirectory();
  const umask = process.umask(0o077);
  try {
    replaceSmall(join(folder, 'f'), join(folder, 't'), Buffer.from('x'), 0o444);
    writeSmall(join(folder, 'g'), Buffer.from('y'), undefined);
  } finally {
    process.umask(umask);
  }
  assert.is(statSync(join(folder, 'f')).mode & 0o777, 0o444);
  assert.is(statSync(join(folder, 'g')).mode & 0o777, 0o600);
  assert.is(readFileSync(join(folder, 'f'), 'utf8'), 'x');
  assert.not.ok(existsSync(join(folder, 't')));
});

test('never writes into a file that is there, and cleans up', () => {
  const folder = makeTempDirectory();
  writeFileSync(join(folder, 'f'), 'old');
  assert.throws(() => writeSmall(join(folder, 'f'), Buffer.from('new'), undefined), /EEXIST/);
  assert.is(readFileSync(join(folder, 'f'), 'utf8'), 'old');
  assert.throws(() => replaceSmall(join(folder, 'absent/f'), join(folder, 't'), Buffer.from('x'), 0o444), /ENOENT/);
  assert.not.ok(existsSync(join(folder, 't')));
});

test('one slow step says nothing; many do, and are forgotten in time', () => {
  let nowMs = 0;
  const pace = openPace(() => nowMs);
  const step = (ms: number) =>
    pace.measure(() => {
      nowMs += ms;
    });
  step(100);
  assert.ok(pace.isFast());
  for (let i = 0; i < 300; i++) step(10);
  assert.not.ok(pace.isFast());
  let waits = 0;
  while (!pace.isFast()) waits++;
  assert.ok(waits > 100 && waits < 10_000, `${waits}`);
});

test.run();
