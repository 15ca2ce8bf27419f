import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { syncBehind } from '../../../src/adapters/files/sync-behind.ts';

const test = suite('sync-behind');

test('the disk is asked when enough was written, and not again before it has answered', async () => {
  const answers: (() => void)[] = [];
  const disk = syncBehind(10, () => new Promise<boolean>((resolve) => answers.push(() => resolve(true))));
  disk.wrote(9);
  assert.is(answers.length, 0);
  disk.wrote(1);
  assert.is(answers.length, 1);
  disk.wrote(50);
  assert.is(answers.length, 1);
  answers[0]?.();
  await setImmediate();
  assert.is(await disk.settled(), true);
  disk.wrote(1);
  assert.is(answers.length, 2);
});

test('a write that failed once is remembered, however it is told', async () => {
  for (const fail of [async () => false, () => Promise.reject(new Error('input/output error'))]) {
    let asked = 0;
    const disk = syncBehind(1, async () => (asked++ === 0 ? fail() : true));
    assert.is(await disk.settled(), true);
    for (let i = 0; i < 3; i++) {
      disk.wrote(1);
      await setImmediate();
    }
    assert.is(asked, 3);
    assert.is(await disk.settled(), false);
  }
});

test.run();
