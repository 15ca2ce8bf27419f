import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inParallel } from '../../../src/adapters/storage/in-parallel.ts';

const test = suite('in-parallel');

test('does all, and never more at once than it may', async () => {
  let now = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel(
    Array.from({ length: 20 }, (_, i) => i),
    3,
    async (item) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      done.push(item);
    },
  );
  assert.is(most, 3);
  assert.is(new Set(done).size, 20);
});

test('after a failure it begins nothing, and waits for what runs', async () => {
  const done: number[] = [];
  const work = async (item: number) => {
    if (item === 0) throw new Error('no');
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push(item);
  };
  await inParallel([0, 1, 2, 3, 4], 2, work).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'no'),
  );
  assert.equal(done, [1]);
});

test.run();
