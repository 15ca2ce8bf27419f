import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryRoom } from '../../../../src/adapters/storage/s3/memory-room.ts';

const test = suite('memory-room');

test('what is held stays below the bound, unless it is one alone', async () => {
  const withRoom = memoryRoom(10);
  let held = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    [4, 4, 4, 25, 1, 9].map((sizeBytes) =>
      withRoom(sizeBytes, async () => {
        held += sizeBytes;
        if (sizeBytes <= 10) most = Math.max(most, held);
        order.push(sizeBytes);
        await new Promise((resolve) => setTimeout(resolve, 1));
        held -= sizeBytes;
      }),
    ),
  );
  assert.is(most, 10);
  assert.equal(order, [4, 4, 4, 25, 1, 9]);
});

test('room is given back after a failure', async () => {
  const withRoom = memoryRoom(1);
  await withRoom(1, () => Promise.reject(new Error('no'))).catch(() => undefined);
  assert.is(await withRoom(1, async () => 'done'), 'done');
});

test.run();
