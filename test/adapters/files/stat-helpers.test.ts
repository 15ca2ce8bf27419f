import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  areAllEnded,
  createStatBoard,
  isSeen,
  STAT_NUMBERS,
  type StatOrder,
  takeTurn,
} from '../../../src/adapters/files/stat-files.ts';
import { openStatHelpers, type StatHelpersOptions } from '../../../src/adapters/files/stat-helpers.ts';
import { threadFile } from '../../../src/adapters/files/thread-hand.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('stat-helpers');

/** Folders of 1, 700 and 1,900 files, and one whose names are no UTF-8. */
function makeParts() {
  const root = makeTempDirectory('stats');
  let first = 0;
  const parts = [1, 700, 1900].map((count, i) => {
    const path = join(root, `${i}`);
    mkdirSync(path);
    const names = Array.from({ length: count }, (_, n) => `file ${n}`);
    for (const [n, name] of names.entries()) writeFileSync(join(path, name), 'x'.repeat(n % 50));
    const part = { path, names: names as (string | Buffer)[], first };
    first += count;
    return part;
  });
  const odd = Buffer.from([0x66, 0xff]);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/0/`), odd]), 'odd');
  parts.push({ path: join(root, '0'), names: [odd], first });
  return { parts, count: first + 1 };
}

async function look({ parts, count }: ReturnType<typeof makeParts>, options: StatHelpersOptions) {
  const helpers = openStatHelpers(options);
  try {
    helpers.expect(count);
    return await helpers.look(parts, count);
  } finally {
    helpers.end();
  }
}

const isSame = (a: Float64Array, b: Float64Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

test('helpers see what one thread sees, and what is no text is not left out', async () => {
  const found = makeParts();
  const alone = await look(found, { threads: 0 });
  for (const { path, names, first } of found.parts) {
    for (const [i, name] of names.entries()) {
      const stats = statSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from(name)]));
      assert.equal(
        [...alone.subarray((first + i) * STAT_NUMBERS, (first + i + 1) * STAT_NUMBERS)],
        [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs, stats.mode],
      );
    }
  }
  for (const threads of [1, 3]) assert.ok(isSame(await look(found, { threads, worthFiles: 1 }), alone));
});

test('a file that is gone is named, whoever looked at it', async () => {
  const { parts, count } = makeParts();
  const [first, second, ...others] = parts;
  assert.ok(first && second);
  const names = second.names.map((name, i) => (i === 600 ? 'gone' : name));
  for (const threads of [0, 2]) {
    try {
      await look({ parts: [first, { ...second, names }, ...others], count }, { threads, worthFiles: 1 });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, CmfError);
      assert.match((error as CmfError).message, join(second.path, 'gone'));
    }
  }
});

test('each turn is taken once, and all of them cover each file', () => {
  const { parts, count } = makeParts();
  const board = createStatBoard(count);
  let turns = 0;
  const texts = parts.slice(0, 3);
  while (takeTurn(board, texts)) turns++;
  assert.is(turns, Math.ceil(count / 512));
  assert.ok(areAllEnded(board, turns));
  assert.not(areAllEnded(board, turns - 1));
  const unseen = Array.from({ length: count }, (_, row) => row).filter((row) => !isSeen(board, row));
  assert.equal(unseen, [count - 1], 'the one that was not among them');
});

test('a helper takes turns, and leaves out what is no text', async () => {
  const { parts, count } = makeParts();
  const board = createStatBoard(count);
  const order: StatOrder = {
    board,
    parts: parts.slice(0, 3).map(({ path, names, first }) => ({ path: `${path}`, names: names.join('/'), first })),
  };
  const helper = new Worker(threadFile('./stat-worker.js'));
  helper.postMessage(order);
  while (!areAllEnded(board, 0)) await new Promise((resolve) => setTimeout(resolve, 5));
  await helper.terminate();
  assert.equal([isSeen(board, 0), isSeen(board, count - 2), isSeen(board, count - 1)], [true, true, false]);
});

test('nothing is looked at where nothing is', async () => {
  assert.is((await look({ parts: [], count: 0 }, { threads: 2, worthFiles: 1 })).length, 0);
});

test.run();
