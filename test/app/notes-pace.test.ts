import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/app/clone.ts';
import { atNotesPace } from '../../src/app/notes-pace.ts';
import { git, makeCommit } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

/** Work that counts its runs, on a clock that stands still but for what the work takes. */
type Bench = WritingClone & {
  readonly context: Context;
  readonly clock: { nowMs: number };
  readonly runs: (tookMs?: number) => Promise<number>;
};
const it = suite<Bench>('app: pace of notes');

it.before.each(async (bench) => {
  const made = await makeWritingClone();
  const clock = { nowMs: 1_000_000 };
  const context = { ...made.clone, effects: { ...made.clone.effects, nowMs: () => clock.nowMs } };
  let count = 0;
  const runs = async (tookMs = 0) => {
    await atNotesPace(context, async () => {
      count += 1;
      clock.nowMs += tookMs;
    });
    return count;
  };
  Object.assign(bench, { ...made, context, clock, runs });
});
it.after.each(({ clone }) => clone.repository.close());

it('does nothing twice while nothing changes', async ({ runs }) => {
  assert.is(await runs(), 1);
  assert.is(await runs(), 1);
});

it('works again after a record, a commit of the user, and when its notes are gone', async ({
  runs,
  clone,
  directory,
}) => {
  assert.is(await runs(), 1);
  await startRun(clone);
  assert.is(await runs(), 2, 'a record');
  const commit = await makeCommit(directory, { 'a.txt': '1' });
  assert.is(await runs(), 3, 'a commit');
  await git(['update-ref', 'refs/notes/cmf', commit], { cwd: directory });
  assert.is(await runs(), 4, 'other notes');
  await git(['update-ref', '-d', 'refs/notes/cmf'], { cwd: directory });
  assert.is(await runs(), 5, 'no notes');
});

it('rests after long work, and not for ever', async ({ runs, clone, clock, context }) => {
  assert.is(await runs(5_000), 1);
  await startRun(clone);
  assert.is(await atNotesPace(context, () => Promise.reject(new Error('too early'))), false);
  clock.nowMs += 500_000;
  assert.is(await runs(), 2);
  await startRun(clone, 'test');
  assert.is(await runs(), 3, 'short work does not rest');
});

it('does not trust a clock that went back, or a hint that is none', async ({ runs, clone, clock, context }) => {
  assert.is(await runs(60_000), 1);
  await startRun(clone);
  clock.nowMs = 1;
  assert.is(await runs(60_000), 2);
  for (const text of ['', '{', '[]', '{"inputs":1}', '{"inputs":"","notes":"","atMs":"1","tookMs":1}']) {
    const before = await runs();
    context.disk.writeHint(`${context.repository.layout.commonDir}/cmf/notes.json`, text);
    assert.is(await runs(), before + 1, text);
  }
});

it.run();
