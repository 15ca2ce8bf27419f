import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DigestReport, digestOf } from '../../src/app/digest.ts';
import { recordNow } from '../../src/app/executions.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import { mergeAt, withContext } from '../helpers/hosts.ts';
import { testBucket } from '../helpers/journal-maker.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { draftOf } from '../helpers/simulated-machine.ts';
import { makeWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly other: WritingClone; readonly host: string };
const it = suite<Bench>('app: digest');
const [A, B] = [pipelineId('', 'a'), pipelineId('', 'b')];

it.before.each(async (bench) => {
  const [clone, other] = [await makeWritingClone(), await makeWritingClone()];
  Object.assign(bench, clone, { other, host: await makeRepository({ bare: true }) });
});
it.after.each(async ({ clone, other }) => {
  await clone.repository.close();
  await other.clone.repository.close();
});

function recordIn({ clone }: WritingClone, name: string | undefined, n: number): void {
  recordNow(clone, [draftOf(n, name === undefined ? '_' : testBucket(name))]);
}

function sums({ entries, view, count }: DigestReport): unknown {
  return [entries, view, count];
}

it('is the same for the same entries, whether they lie in a log or in the journal', async (bench) => {
  const { clone, other, host } = bench;
  const empty = await digestOf(clone, undefined);
  assert.equal(await digestOf(other.clone, undefined), empty);
  recordIn(bench, 'a', 1);
  const before = await digestOf(clone, undefined);
  assert.is.not(before.entries, empty.entries);
  assert.is.not(before.view, empty.view);
  await push(clone, host);
  assert.equal(await digestOf(clone, undefined), before);
  await pull(other.clone, host);
  assert.equal(sums(await digestOf(other.clone, undefined)), sums(before));
  recordIn(other, 'a', 2);
  assert.is.not((await digestOf(other.clone, undefined)).entries, before.entries);
});

it('of one pipeline counts it and what belongs to none', async (bench) => {
  recordIn(bench, 'a', 1);
  recordIn(bench, undefined, 2);
  const before = await digestOf(bench.clone, A);
  assert.is(before.count, 2);
  assert.equal(before.partial, []);
  recordIn(bench, 'b', 3);
  assert.equal(await digestOf(bench.clone, A), before);
  assert.is((await digestOf(bench.clone, undefined)).count, 3);
  assert.is((await digestOf(bench.clone, B)).count, 2);
});

it('of one pipeline is whole where only that was pulled; all else says that it is not', async (bench) => {
  const { clone, other, host } = bench;
  for (const [i, name] of ['a', 'b', undefined].entries()) recordIn(bench, name, i);
  await push(clone, host);
  await mergeAt(host);
  await pull(other.clone, host, A);
  const narrow = await digestOf(other.clone, A);
  assert.equal(narrow.partial, []);
  assert.equal(sums(narrow), sums(await digestOf(clone, A)));
  assert.is((await digestOf(other.clone, undefined)).partial.length, 1);
  assert.match((await digestOf(other.clone, B)).partial[0] ?? '', /^a pull brought only pipeline [0-9a-f]{64}$/);

  await pull(other.clone, host);
  for (const pipeline of [undefined, A, B]) {
    assert.equal(await digestOf(other.clone, pipeline), await digestOf(clone, pipeline));
  }
});

it('of a pipeline that nobody knows is not whole: its name may hold a slip', async (bench) => {
  recordIn(bench, 'a', 1);
  assert.equal((await digestOf(bench.clone, B)).partial, [`nothing is known here of pipeline ${B}`]);
});

it('is the same in a central repository', async (bench) => {
  const { clone, other, host } = bench;
  recordIn(bench, 'a', 1);
  recordIn(other, undefined, 2);
  for (const one of [clone, other.clone]) await push(one, host);
  await pull(clone, host);
  await mergeAt(host);
  const central = await withContext(host, (context) => digestOf(context, undefined));
  assert.equal(central, await digestOf(clone, undefined));
  assert.equal(central.partial, []);
});

it.run();
