import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startThread } from '../../../src/adapters/files/thread-hand.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('thread-hand');

/** Answers twice what it is told; what it is told to do else, it does. */
const WORKER = `
  import { parentPort, workerData } from 'node:worker_threads';
  parentPort.on('message', (order) => {
    if (order === 'throw') throw new Error('thrown');
    if (order === 'exit') process.exit();
    if (order === 'fail') parentPort.postMessage({ failure: { code: 'damaged', message: 'bad', hint: 'mend' } });
    else if (order === 'odd') parentPort.postMessage({ failure: { code: 'ENOENT', message: 'odd' } });
    else parentPort.postMessage({ answer: workerData.factor * order });
  });
`;

function start() {
  const file = join(makeTempDirectory('thread'), 'worker.mjs');
  writeFileSync(file, WORKER);
  return startThread<number | string, number>(pathToFileURL(file).href, { factor: 2 });
}

async function failure(work: Promise<unknown>): Promise<{ code?: string; message: string; hint?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing failed');
}

test('answers come to those who asked, also when all ask at once', async () => {
  const hand = start();
  try {
    assert.equal(await Promise.all([1, 2, 3].map((order) => hand.obey(order))), [2, 4, 6]);
  } finally {
    await hand.end();
  }
});

test('a failure has its code and hint, an unknown code is internal, and the thread goes on', async () => {
  const hand = start();
  try {
    const { code, message, hint } = await failure(hand.obey('fail'));
    assert.equal([code, message, hint], ['damaged', 'bad', 'mend']);
    assert.is((await failure(hand.obey('odd'))).code, 'internal');
    assert.is(await hand.obey(4), 8);
  } finally {
    await hand.end();
  }
});

test('who asks a thread that dies, or died, is told so', async () => {
  for (const [order, expected] of [
    ['throw', /thrown/],
    ['exit', /ended/],
  ] as const) {
    const hand = start();
    const asked = [failure(hand.obey(order)), failure(hand.obey(1))];
    for (const { message } of await Promise.all(asked)) assert.match(message, expected);
    assert.match((await failure(hand.obey(1))).message, expected);
    await hand.end();
  }
});

test.run();
