import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flush } from '../../src/app/flush.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { STEP_LIMITS } from '../../src/app/push-steps.ts';
import { relay } from '../../src/app/relay.ts';
import { REFS } from '../../src/domain/ids.ts';
import { mergeAt } from '../helpers/hosts.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { entriesOf, makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = {
  readonly here: string;
  readonly there: string;
  readonly author: WritingClone;
  readonly carrier: WritingClone;
};
const it = suite<Bench>('app: relay');

it.before.each(async (bench) => {
  const [here, there] = [await makeRepository({ bare: true }), await makeRepository({ bare: true })];
  Object.assign(bench, { here, there, author: await makeWritingClone(), carrier: await makeWritingClone() });
  await record(bench.author, 'one');
  await push(bench.author.clone, here);
  await startRun(bench.carrier.clone, 'mine');
  await pull(bench.carrier.clone, here);
});
it.after.each(async ({ author, carrier }) => {
  await author.clone.repository.close();
  await carrier.clone.repository.close();
});

async function record({ clone }: WritingClone, stage: string): Promise<void> {
  await startRun(clone, stage);
  await flush(clone, { wait: true, live: true });
}

async function refsOf(directory: string): Promise<string[]> {
  const { stdout } = await git(['for-each-ref', '--format=%(refname)', REFS.inbox], { cwd: directory });
  return stdout.split('\n').filter((line) => line !== '');
}

async function entriesAt(host: string): Promise<string[]> {
  const reader = await makeWritingClone();
  try {
    await pull(reader.clone, host);
    return await entriesOf(reader.clone);
  } finally {
    await reader.clone.repository.close();
  }
}

it('sends on what the remote lacks, once', async ({ carrier, author, there }) => {
  await push(carrier.clone, there);
  assert.equal(await refsOf(there), [], 'nothing of others goes without being asked for');
  assert.is(await relay(carrier.clone, there, STEP_LIMITS), 1);
  assert.equal(await refsOf(there), [REFS.inbox + author.clone.writer]);
  assert.equal(await entriesAt(there), await entriesOf(carrier.clone));
  assert.is(await relay(carrier.clone, there, STEP_LIMITS), 0);
});

it('sends only what is new on top of what was sent before', async ({ carrier, author, here, there }) => {
  await push(carrier.clone, there);
  await relay(carrier.clone, there, STEP_LIMITS);
  await record(author, 'two');
  await push(author.clone, here);
  await pull(carrier.clone, here);
  assert.is(await relay(carrier.clone, there, STEP_LIMITS), 1);
  assert.equal(await entriesAt(there), await entriesOf(carrier.clone));
  const inbox = REFS.inbox + author.clone.writer;
  assert.is((await git(['rev-list', '--count', inbox], { cwd: there })).stdout, '2\n');
});

it('brings a server that merges only the files that it lacks', async ({ carrier, author, here, there }) => {
  await push(carrier.clone, there);
  await relay(carrier.clone, there, STEP_LIMITS);
  await mergeAt(there);
  assert.equal(await refsOf(there), []);
  assert.is(await relay(carrier.clone, there, STEP_LIMITS), 0);
  await record(author, 'two');
  await push(author.clone, here);
  await pull(carrier.clone, here);
  assert.is(await relay(carrier.clone, there, STEP_LIMITS), 1);
  const inbox = REFS.inbox + author.clone.writer;
  const { stdout } = await git(['ls-tree', '-r', '--name-only', inbox], { cwd: there });
  assert.is(stdout.split('\n').filter((path) => path.startsWith('seg/')).length, 1);
  await mergeAt(there);
  assert.equal(await entriesAt(there), await entriesOf(carrier.clone));
});

it('keeps within the limits of one push', async ({ carrier, author, here, there }) => {
  for (const stage of ['two', 'three', 'four']) await record(author, stage);
  await push(author.clone, here);
  await pull(carrier.clone, here);
  await push(carrier.clone, there);
  await relay(carrier.clone, there, { pathsMax: 1, sizeBytesMax: 1024 * 1024 });
  assert.equal(await entriesAt(there), await entriesOf(carrier.clone));
  const inbox = REFS.inbox + author.clone.writer;
  assert.is((await git(['rev-list', '--count', inbox], { cwd: there })).stdout, '4\n');
});

it.run();
