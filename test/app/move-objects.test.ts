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
import type { StorageKey } from '../../src/domain/storage-key.ts';

const test = suite('move-objects');

function objects(...sizes: readonly number[]): Movable[] {
  return sizes.map((sizeBytes, i) => ({ key: `k${i}` as StorageKey, sizeBytes, repairs: false }));
}

function kinds(transfer: ReturnType<typeof beginTransfer>): string[] {
  return [...transfer.outcomes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { kind }]) => kind);
}

test('what does not fit is queued, and smaller ones behind it go', () => {
  const transfer = beginTransfer(openBudget(10), () => undefined);
  const chosen = withinLimit(transfer, objects(6, 20, 4, 1));
  assert.equal(
    chosen.map(({ key }) => key),
    ['k0', 'k2'],
  );
  assert.equal([...transfer.outcomes.keys()], ['k1', 'k3']);
  assert.is(transfer.budget.leftBytes, 0);
  assert.equal(transfer.outcomes.get('k1' as StorageKey), { kind: 'queued', bytes: 20, isTooLarge: true });
  assert.equal(transfer.outcomes.get('k3' as StorageKey), { kind: 'queued', bytes: 1 });
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
  await moveObjects(transfer, objects(1, 1, 1), 1, async ({ key }) => {
    if (key === 'k1') throw new CmfError('damaged', { message: 'wrong bytes', hint: 'look' });
    return 1;
  });
  assert.equal(kinds(transfer), ['moved', 'failed', 'moved']);
  assert.equal(transfer.outcomes.get('k1' as StorageKey), { kind: 'failed', reason: 'wrong bytes', hint: 'look' });
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
  await moveObjects(transfer, [{ key: 'k9' as StorageKey, sizeBytes: 1, repairs: false }], 1, async () => 1);
  assert.is(transfer.outcomes.get('k9' as StorageKey)?.kind, 'queued');
});

test('a bug is thrown when all that was begun has ended', async () => {
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  let ended = 0;
  const moving = moveObjects(transfer, objects(1, 1, 1), 2, async ({ key }) => {
    if (key === 'k0') throw new TypeError('a bug');
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
  const settling = settleMoved(transfer, ['k0' as StorageKey], failing);
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
