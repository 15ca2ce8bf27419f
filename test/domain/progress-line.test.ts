import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progressLine, sizeText } from '../../src/domain/progress-line.ts';

const test = suite('progress-line');

test('says how much, how fast and how long', () => {
  const half = { files: 5, bytes: 50_000_000, filesTotal: 10, bytesTotal: 100_000_000 };
  assert.is(
    progressLine('hashing d', half, 2000),
    'hashing d [##########..........] 5 of 10 files, 50.0 MB of 100 MB, 25.0 MB/s, 2 s left',
  );
});

test('says nothing that it does not know', () => {
  const begin = { files: 0, bytes: 0, filesTotal: 0, bytesTotal: 0 };
  assert.is(progressLine('x', begin, 0), 'x [....................] 0 files, 0 bytes');
});

test('sizes are rounded as people do', () => {
  assert.equal([0, 999, 1000, 999_499, 999_600, 19_600_000, 5e15].map(sizeText), [
    '0 bytes',
    '999 bytes',
    '1.00 kB',
    '999 kB',
    '1.00 MB',
    '19.6 MB',
    '5.00 PB',
  ]);
});

test.run();
