import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  beginTransfer,
  inBatches,
  type Movable,
  moveObjects,
  openBudget,
  settleMoved,
  withinLimit,
} from '../../src/app/move-objects.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { StorageFailure } from '../../src/domain/storage-failure.ts';

const test = suite('move-objects');

function objects(...sizes: readonly number[]): Movable[] {
  return sizes.map((sizeBytes, i) => ({ object: i, sizeBytes, repairs: false }));
}

function kinds(transfer: ReturnType<typeof beginTransfer>): string[] {
  return Array.from(transfer.outcomes.keys(), (object) => transfer.outcomes.get(object)?.kind ?? '');
}

test('what does not fit is queued, and smaller ones behind it go', () => {
  const transfer = beginTransfer(openBudget(10), () => undefined);
  assert.equal(withinLimit(transfer, [0, 1, 2, 3], [6, 20, 4, 1]), [0, 2]);
  assert.equal([...transfer.outcomes.keys()], [1, 3]);
  assert.is(transfer.budget.leftBytes, 0);
  assert.equal(transfer.outcomes.get(1), { kind: 'queued', bytes: 20, isTooLarge: true });
  assert.equal(transfer.outcomes.get(3), { kind: 'queued', bytes: 1 });
});

test('moves so many at once and no more', async () => {
  let now = 0;
  let most = 0;
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  await moveObjects(transfer, objects(1, 1, 1, 1, 1, 1), 3, async ({ sizeBytes }) => {
    now++;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return sizeBytes;
  });
  assert.is(most, 3);
  assert.equal(kinds(transfer), Array(6).fill('moved'));
});

test('an object that fails by itself stops nothing', async () => {
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  await moveObjects(transfer, objects(1, 1, 1), 1, async ({ object }) => {
    if (object === 1) throw new CmfError('damaged', { message: 'wrong bytes', hint: 'look' });
    return 1;
  });
  assert.equal(kinds(transfer), ['moved', 'failed', 'moved']);
  assert.equal(transfer.outcomes.get(1), { kind: 'failed', reason: 'wrong bytes', hint: 'look' });
});

test('a failure of the storage leaves the rest queued', async () => {
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  let tries = 0;
  await moveObjects(transfer, objects(1, 1, 1, 1), 1, async () => {
    tries++;
    if (tries === 2) throw new StorageFailure('environment', { message: 'gone' });
    return 1;
  });
  assert.is(tries, 2);
  assert.equal(kinds(transfer), ['moved', 'failed', 'queued', 'queued']);
  // So is what comes in a later step.
  await moveObjects(transfer, [{ object: 9, sizeBytes: 1, repairs: false }], 1, async () => 1);
  assert.is(transfer.outcomes.get(9)?.kind, 'queued');
});

test('a bug is thrown when all that was begun has ended', async () => {
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  let ended = 0;
  const moving = moveObjects(transfer, objects(1, 1, 1), 2, async ({ object }) => {
    if (object === 0) throw new TypeError('a bug');
    await new Promise((resolve) => setTimeout(resolve, 1));
    ended++;
    return 1;
  });
  await moving.then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'a bug'),
  );
  assert.is(ended, 2);
});

test('what could not be made durable did not go', async () => {
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  await moveObjects(transfer, objects(1, 1), 1, async () => 1);
  const failing = async () => {
    throw new StorageFailure('environment', { message: 'no space' });
  };
  const settling = settleMoved(transfer, [0], failing);
  await settling.then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, 'no space'),
  );
  assert.equal(kinds(transfer), ['failed', 'moved']);
});

test('batches by count and by bytes', () => {
  const sizes = (count: number, bytes: number) =>
    [...inBatches(objects(1, 1, 9, 1, 1, 1), count, bytes)].map((batch) => batch.map(({ sizeBytes }) => sizeBytes));
  assert.equal(sizes(2, 100), [
    [1, 1],
    [9, 1],
    [1, 1],
  ]);
  assert.equal(sizes(100, 10), [
    [1, 1, 9],
    [1, 1, 1],
  ]);
  assert.equal([...inBatches([], 1, 1)], []);
});

test.run();
