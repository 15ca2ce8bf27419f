import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFiles } from '../../../src/adapters/files/checkout-batch.ts';
import { type CrewSize, openCheckoutCrew } from '../../../src/adapters/files/checkout-crew.ts';
import { checkoutFiles } from '../../../src/adapters/files/checkout-files.ts';
import { openCheckoutRoom } from '../../../src/adapters/files/checkout-room.ts';
import { openSupply } from '../../../src/adapters/files/file-supply.ts';
import { openWorktreeFolders } from '../../../src/adapters/files/worktree-folders.ts';
import type { LinkType } from '../../../src/domain/dvc-cache.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import type { CheckoutFile, CheckoutOrder } from '../../../src/ports/object-cache.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('checkout-crew');

/** Enough for several batches of each of several threads. */
const FILES = 700;
const THREADS: CrewSize = { threads: 3, worthMs: 0 };

function lay(linkTypes: readonly LinkType[] = ['copy']) {
  const top = makeTempDirectory('crew');
  const [root, temporary, directory] = [join(top, 'tree'), join(top, 'tmp'), join(top, 'cache')];
  mkdirSync(join(root, 'old'), { recursive: true });
  const files = Array.from({ length: FILES }, (_, i): CheckoutFile => {
    const path = i % 3 === 0 ? `old/${i}` : `new/${i % 7}/${i}`;
    const value = createHash('md5').update(contentOf(path)).digest('hex');
    const object = objectOf(directory, value);
    mkdirSync(dirname(object), { recursive: true });
    writeFileSync(object, contentOf(path), { mode: 0o444 });
    return { path, digest: { kind: 'md5', value }, executable: i % 5 === 0 };
  });
  return { root, temporary, files, place: { directory, linkTypes, group: false } };
}

type Bench = ReturnType<typeof lay>;

/** One of them is empty, others differ. */
function contentOf(path: string): string {
  return path === 'old/3' ? '' : path;
}

function objectOf(directory: string, md5: string): string {
  return join(directory, 'files/md5', md5.slice(0, 2), md5.slice(2));
}

function orderOf({ root, files }: Bench, more: Partial<CheckoutOrder> = {}): CheckoutOrder {
  return { root, removes: [], keepFolder: '', writes: files, writesTotal: files.length, ...more };
}

/** How many threads are started meanwhile. */
async function threadsOf(work: () => Promise<void>, onThread?: (worker: Worker) => void): Promise<number> {
  let threads = 0;
  const count = (worker: Worker): void => {
    threads++;
    onThread?.(worker);
  };
  process.on('worker', count);
  try {
    await work();
  } finally {
    process.off('worker', count);
  }
  return threads;
}

/** What a tree holds: of each file its mode, how many names it has, and its text. */
function treeOf(root: string): unknown[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return paths.map((path) => {
    const stats = statSync(join(root, path));
    return stats.isFile() ? [path, stats.mode, stats.nlink, readFileSync(join(root, path), 'utf8')] : path;
  });
}

async function refusal(work: Promise<void>): Promise<CmfError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Files that are there are whole, and nothing else is anywhere. */
function requireWhole({ root, temporary, files }: Bench): string[] {
  const there = files.map(({ path }) => path).filter((path) => existsSync(join(root, path)));
  for (const path of there) assert.is(readFileSync(join(root, path), 'utf8'), contentOf(path));
  assert.equal(readdirSync(temporary), []);
  return there;
}

test('threads make what this thread makes, by each type of link and where one falls back to the next', async () => {
  for (const linkTypes of [['copy'], ['hardlink'], ['symlink'], ['reflink', 'hardlink'], ['reflink']] as const) {
    const [alone, together] = [lay(linkTypes), lay(linkTypes)];
    await checkoutFiles(alone.place, orderOf(alone), [alone.temporary], { threads: 1 });
    await checkoutFiles(together.place, orderOf(together), [together.temporary], THREADS);
    assert.equal(treeOf(together.root), treeOf(alone.root));
    assert.is(requireWhole(together).length, FILES);
  }
});

test('threads are started where enough work is left, and not where it is little or there is one core', async () => {
  const bench = lay();
  const started = (size: CrewSize, more: Partial<CheckoutOrder> = {}): Promise<number> =>
    threadsOf(() => checkoutFiles(bench.place, orderOf(bench, more), [bench.temporary], size));
  assert.is(await started(THREADS), 3);
  assert.is(await started({ threads: 1, worthMs: 0 }), 0);
  assert.is(await started({ threads: 3, worthMs: 60_000 }), 0);
  assert.is(await started(THREADS, { writes: bench.files.slice(0, 10), writesTotal: 10 }), 0);
  assert.is(requireWhole(bench).length, FILES);
});

test('progress ends with all files and their bytes', async () => {
  for (const size of [{ threads: 1 }, THREADS]) {
    const bench = lay();
    const seen: { readonly files: number; readonly bytes: number; readonly filesTotal: number }[] = [];
    const order = orderOf(bench, { onProgress: (progress) => void seen.push(progress) });
    await checkoutFiles(bench.place, order, [bench.temporary], size);
    assert.ok(seen.length > 3);
    assert.equal(
      seen.map(({ files }) => files),
      seen.map(({ files }) => files).sort((a, b) => a - b),
    );
    const bytes = bench.files.reduce((sum, { path }) => sum + contentOf(path).length, 0);
    assert.equal([seen.at(-1)?.files, seen.at(-1)?.bytes, seen.at(-1)?.filesTotal], [FILES, bytes, FILES]);
  }
});

test('a wrong object is named by the thread that meets it; others are there, and nothing half', async () => {
  for (const size of [{ threads: 1 }, THREADS]) {
    const bench = lay();
    const wrong = bench.files[FILES / 2] as CheckoutFile;
    const object = objectOf(bench.place.directory, wrong.digest.value);
    rmSync(object);
    writeFileSync(object, 'wrong');
    const error = await refusal(checkoutFiles(bench.place, orderOf(bench), [bench.temporary], size));
    assert.is(error.code, 'damaged');
    assert.ok(error.message.startsWith(object));
    assert.match(error.hint ?? '', /artifact pull/);
    const there = requireWhole(bench);
    assert.not(there.includes(wrong.path));
    assert.ok(there.length > 0);
  }
});

test('a thread that dies ends the checkout, and leaves nothing half', async () => {
  const bench = lay();
  const workers: Worker[] = [];
  const order = orderOf(bench, { onProgress: () => void workers.splice(1)[0]?.terminate() });
  const work = () => checkoutFiles(bench.place, order, [bench.temporary], THREADS);
  let message = '';
  await threadsOf(
    async () => {
      message = (await refusal(work())).message;
    },
    (worker) => void workers.push(worker),
  );
  assert.match(message, /checkout-worker\.js ended/);
  assert.ok(requireWhole(bench).length < FILES);
});

test('when folders have waited for long enough nobody makes a file, and then all go on', async () => {
  for (const size of [{ threads: 1 }, THREADS]) {
    const bench = lay();
    const { root, temporary, place } = bench;
    const supply = openSupply(bench.files);
    // Each look at this clock takes seconds.
    let ms = 0;
    const room = openCheckoutRoom({
      root,
      folders: openWorktreeFolders(root),
      temporaries: [temporary],
      nowMs: () => {
        ms += 3000;
        return ms;
      },
    });
    const crew = openCheckoutCrew({ place, room, supply, filesTotal: FILES, ...size });
    const counts: number[] = [];
    while (!supply.isEmpty()) {
      await crew.work();
      room.release();
      counts.push(requireCount(bench));
    }
    await crew.close();
    room.close();
    assert.ok(counts.length > 1 && (counts[0] ?? 0) < FILES, counts.join());
    assert.is(requireWhole(bench).length, FILES);
  }
});

function requireCount({ root, files }: Bench): number {
  return files.filter(({ path }) => existsSync(join(root, path))).length;
}

test('a batch ends early when its time is up, but not before its first file', () => {
  let ms = 0;
  const maker = { make: () => 10 };
  const file = { digest: { kind: 'md5', value: '' }, executable: false, at: '' };
  const files = Array.from({ length: 9 }, () => file);
  const took = (stepMs: number) => makeFiles(maker, files, () => (ms += stepMs));
  assert.equal(took(20), { count: 3, bytes: 30, failure: undefined });
  assert.equal(took(1000), { count: 1, bytes: 10, failure: undefined });
  assert.equal(took(0), { count: 9, bytes: 90, failure: undefined });
});

test('what a batch had no time for is made by another', async () => {
  for (const size of [{ threads: 1 }, THREADS]) {
    const bench = lay(['hardlink']);
    const text = 'x'.repeat(16 * 1024 * 1024);
    const value = createHash('md5').update(text).digest('hex');
    const object = objectOf(bench.place.directory, value);
    mkdirSync(dirname(object), { recursive: true });
    // Without the mark of trust it is hashed for each of its files.
    writeFileSync(object, text, { mode: 0o644 });
    const writes = Array.from({ length: 9 }, (_, i) => ({
      path: `slow/${i}`,
      digest: { kind: 'md5', value },
      executable: false,
    }));
    const seen: number[] = [];
    const more = {
      writes,
      writesTotal: 9,
      onProgress: ({ files }: { readonly files: number }) => void seen.push(files),
    };
    await checkoutFiles(bench.place, orderOf(bench, more), [bench.temporary], size);
    assert.ok(seen.length > 1, 'more than one batch');
    assert.is(readdirSync(join(bench.root, 'slow')).length, 9);
    assert.is(statSync(object).nlink, 10);
  }
});

test('files that are given back come before others', () => {
  const files = ['a', 'b', 'c', 'd'].map((path) => ({ path, digest: { kind: 'md5', value: '' }, executable: false }));
  const supply = openSupply(files);
  const taken = supply.take(3);
  supply.giveBack(taken.slice(1));
  assert.equal(
    supply.take(3).map(({ path }) => path),
    ['b', 'c', 'd'],
  );
  assert.ok(supply.isEmpty());
  supply.giveBack(taken.slice(2));
  assert.not(supply.isEmpty());
  assert.equal(supply.take(5).length, 1);
  assert.equal(supply.take(5), []);
});

test.run();
