import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { syncBehind } from '../../../src/adapters/files/sync-behind.ts';

const test = suite('sync-behind');

test('the disk is asked when enough was written, and not again before it has answered', async () => {
  const answers: (() => void)[] = [];
  const disk = syncBehind(10, () => new Promise<void>((resolve) => answers.push(resolve)));
  disk.wrote(9);
  assert.is(answers.length, 0);
  disk.wrote(1);
  assert.is(answers.length, 1);
  disk.wrote(50);
  assert.is(answers.length, 1);
  answers[0]?.();
  await setImmediate();
  disk.wrote(1);
  assert.is(answers.length, 2);
});

test('that it could not be asked hinders nothing', async () => {
  let asked = 0;
  const disk = syncBehind(1, async () => {
    asked++;
    throw new Error('no');
  });
  for (let i = 0; i < 3; i++) {
    disk.wrote(1);
    await setImmediate();
  }
  assert.is(asked, 3);
});

test.run();
