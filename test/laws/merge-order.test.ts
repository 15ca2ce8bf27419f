/** The merge is a function of what was pushed: not of the order, nor of when it ran, nor of the refs that brought it. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mergeOnce } from '../../src/app/merged-trees.ts';
import { REFS } from '../../src/domain/ids.ts';
import { GATE, segmentPath, WRITER_JSON } from '../../src/domain/layout.ts';
import type { GitRepository } from '../../src/ports/git.ts';
import { testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { memoryGit } from '../helpers/memory-git.ts';
import { FIXED_TIME_SECONDS } from '../helpers/sealed-git.ts';

const it = suite('laws: the merge');
const now = { nowSeconds: FIXED_TIME_SECONDS };
const writers = [0, 1, 2].map(testWriter);
const buckets = ['_', testBucket('p'), testBucket('q')] as const;

/** One push: a segment that a writer's ref gains. */
type Push = { readonly writer: number; readonly bucket: number; readonly number: number };

const segments = writers.map((writer) =>
  buckets.map((bucket) => [0, 1].map((number) => testSegment(writer, { bucket, number }))),
);

async function apply(repository: GitRepository, push: Push, prefix: string): Promise<void> {
  const { record } = writers[push.writer] ?? testWriter(0);
  const segment = segments[push.writer]?.[push.bucket]?.[push.number];
  if (segment === undefined) throw new Error('no such segment');
  const ref = prefix + record.writer;
  const expected = await repository.refs.resolve(ref);
  const changes = [
    { path: GATE, bytes: '' },
    { path: WRITER_JSON, bytes: record.text },
    { path: segmentPath(segment), bytes: segment.text },
  ];
  const parents = expected === undefined ? [] : [expected];
  await repository.writer.commit({ ref, expected, parents, changes, message: 'x', timeSeconds: FIXED_TIME_SECONDS });
}

async function mergedTrees({ refs, objects }: GitRepository): Promise<[string, string][]> {
  const merged = await refs.list([REFS.merged]);
  return Promise.all(merged.map(async ({ name, oid }): Promise<[string, string]> => [name, await objects.treeOf(oid)]));
}

const push = fc.record({ writer: fc.nat(2), bucket: fc.nat(2), number: fc.nat(1) });
/** The same pushes in two orders, each with a ref to go to and whether a merge runs after it. */
const histories = fc.array(push, { minLength: 1, maxLength: 10 }).chain((pushes) => {
  const step = fc.record({ inbox: fc.boolean(), merge: fc.boolean() });
  const steps = fc.array(step, { minLength: pushes.length, maxLength: pushes.length });
  const order = fc.shuffledSubarray(pushes, { minLength: pushes.length, maxLength: pushes.length });
  return fc.tuple(fc.constant(pushes), steps, order, steps);
});

it('gives the same trees in whatever order pushes came', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ([first, firstSteps, second, secondSteps]) => {
      const run = async (pushes: readonly Push[], steps: typeof firstSteps) => {
        const repository = memoryGit('/nowhere/cmf');
        for (const [i, one] of pushes.entries()) {
          await apply(repository, one, steps[i]?.inbox === true ? REFS.inbox : REFS.journal);
          if (steps[i]?.merge === true) await mergeOnce(repository, now);
        }
        await mergeOnce(repository, now);
        const stepwise = await mergedTrees(repository);
        await mergeOnce(repository, { ...now, isFresh: true });
        assert.equal(await mergedTrees(repository), stepwise);
        return stepwise;
      };
      assert.equal(await run(first, firstSteps), await run(second, secondSteps));
    }),
    { numRuns: 150 },
  );
});

it.run();
