import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/app/clone.ts';
import { idleJournals } from '../../src/app/idle-journals.ts';
import { runMergeWorker } from '../../src/app/merge-worker.ts';
import { push } from '../../src/app/push.ts';
import { REFS } from '../../src/domain/ids.ts';
import { withContext } from '../helpers/hosts.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };
const it = suite<Bench>('app: idle journals');

const DAY_MS = 24 * 60 * 60 * 1000;

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
  await startRun(bench.clone);
  await push(bench.clone, bench.host);
});
it.after.each(({ clone }) => clone.repository.close());

/** Works on the host so many days from now. */
function later<Result>({ host }: Bench, days: number, work: (context: Context) => Promise<Result>): Promise<Result> {
  return withContext(host, (context) => {
    const nowMs = () => context.effects.nowMs() + days * DAY_MS;
    return work({ ...context, effects: { ...context.effects, nowMs } });
  });
}

const namesOf = async (bench: Bench, days: number, isForced = false) =>
  (await later(bench, days, (context) => idleJournals(context, isForced))).map(({ name }) => name);

it('are those that nobody has written to for 90 days, looked for once a day', async (bench) => {
  const ref = REFS.journal + bench.clone.writer;
  assert.equal(await namesOf(bench, 89), []);
  assert.equal(await namesOf(bench, 91), [ref]);
  assert.equal(await namesOf(bench, 91.5), []);
  assert.equal(await namesOf(bench, 91.5, true), [ref]);
  assert.equal(await namesOf(bench, 93), [ref]);
});

it('are what the admin says, or never any', async (bench) => {
  await git(['config', 'cmf.foldAfterDays', '7'], { cwd: bench.host });
  assert.equal(await namesOf(bench, 8), [REFS.journal + bench.clone.writer]);
  await git(['config', 'cmf.foldAfterDays', '0'], { cwd: bench.host });
  assert.equal(await namesOf(bench, 1000), []);
});

it('are folded, and their writer goes on', async (bench) => {
  const { clone, host } = bench;
  const done = await later(bench, 100, (context) => runMergeWorker(context, { isForced: true }));
  assert.equal(done.kind === 'merged' && done.folded, [REFS.journal + clone.writer]);
  assert.equal((await git(['for-each-ref', REFS.journal], { cwd: host })).stdout, '');
  assert.is((await push(clone, host)).status, 'pushed', 'what the remote does not show comes again');
  await startRun(clone, 'later');
  assert.is((await push(clone, host)).status, 'pushed');
  await withContext(host, (context) => runMergeWorker(context, { isForced: true }));
  const own = `${clone.writer.slice(0, 2)}/${clone.writer}`;
  const merged = await git(['rev-parse', `${REFS.mergedAll}:${own}`], { cwd: host });
  const journal = await git(['rev-parse', `${REFS.journal}${clone.writer}^{tree}`], { cwd: bench.directory });
  assert.is(merged.stdout, journal.stdout);
});

it.run();
