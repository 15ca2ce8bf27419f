import { cpSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clone } from '../../src/app/clone.ts';
import { startExecution } from '../../src/app/executions.ts';
import { flush } from '../../src/app/flush.ts';
import { push } from '../../src/app/push.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { GitTransport } from '../../src/ports/git.ts';
import { git, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  entriesOf,
  makeWritingClone,
  openWritingClone,
  startRun,
  type WritingClone,
} from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };
const it = suite<Bench>('app: push in steps');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
});
it.after.each(({ clone }) => clone.repository.close());

const BYTES = 1024 * 1024;

/** Each run is a commit of its own. */
async function commitRuns(clone: Clone, count: number, stage = 'train'): Promise<void> {
  for (let i = 0; i < count; i++) {
    await startRun(clone, `${stage} ${i}`);
    await flush(clone, { wait: true, live: true });
  }
}

/** One commit with a file for each pipeline. */
async function commitPipelines(clone: Clone, count: number, name = 'p'): Promise<void> {
  for (let i = 0; i < count; i++) {
    const wish = { namespace: '', pipeline: `${name}${i}`, stage: 's', params: new Map(), props: new Map() };
    await startExecution(clone, wish);
  }
  await flush(clone, { wait: true, live: true });
}

/** The clone with another push. */
function withPush(clone: Clone, pushed: GitTransport['push']): Clone {
  const { repository } = clone;
  const transport = Object.assign(Object.create(repository.transport) as GitTransport, { push: pushed });
  return {
    ...clone,
    repository: Object.assign(Object.create(repository) as typeof repository, { transport }),
  };
}

type Watched = { readonly clone: Clone; readonly files: number[] };

/** The clone, and how many segments the remote had after each push. A push beyond the limit is cut before it is sent. */
function watched({ clone, host }: Bench, cutAfter = Number.POSITIVE_INFINITY): Watched {
  const files: number[] = [];
  const { transport } = clone.repository;
  const altered = withPush(clone, async (remote, refspecs) => {
    if (files.length >= cutAfter) throw new CmfError('no-remote', { message: 'the line went dead' });
    const outcomes = await transport.push(remote, refspecs);
    if (outcomes.every(({ status }) => status !== 'rejected'))
      files.push((await segmentsAt(host, clone.writer)).length);
    return outcomes;
  });
  return { clone: altered, files };
}

async function segmentsAt(directory: string, writer: string): Promise<string[]> {
  const args = ['ls-tree', '-r', '--name-only', `refs/cmf/journal/${writer}`];
  const { stdout } = await git(args, { cwd: directory });
  return stdout.split('\n').filter((line) => line.startsWith('seg/'));
}

/** What the remote has is what we have, tree by tree. */
async function assertSame(clone: Clone, directory: string, host: string): Promise<void> {
  const ref = `refs/cmf/journal/${clone.writer}`;
  const trees = [directory, host].map((cwd) => git(['rev-parse', `${ref}^{tree}`, ref], { cwd }));
  const [ours, theirs] = await Promise.all(trees);
  assert.is(theirs?.stdout, ours?.stdout);
  await git(['fsck', '--strict'], { cwd: host });
}

it('sends a small journal at once', async (bench) => {
  await commitRuns(bench.clone, 3);
  const { clone, files } = watched(bench);
  assert.is((await push(clone, bench.host)).status, 'pushed');
  assert.equal(files, [3]);
});

it('sends a long history commit by commit, as many at once as fit', async (bench) => {
  await commitRuns(bench.clone, 7);
  const { clone, files } = watched(bench);
  assert.is((await push(clone, bench.host, { pathsMax: 3, sizeBytesMax: BYTES })).status, 'pushed');
  assert.equal(files, [3, 6, 7]);
  await assertSame(clone, bench.directory, bench.host);
  await commitRuns(bench.clone, 4);
  files.length = 0;
  await push(clone, bench.host, { pathsMax: 3, sizeBytesMax: BYTES });
  assert.equal(files, [10, 11]);
});

it('counts bytes as well', async (bench) => {
  await commitRuns(bench.clone, 4);
  const { clone, files } = watched(bench);
  await push(clone, bench.host, { pathsMax: 100, sizeBytesMax: 1 });
  assert.equal(files, [1, 2, 3, 4]);
  await assertSame(clone, bench.directory, bench.host);
});

it('goes on where it was cut', async (bench) => {
  await commitRuns(bench.clone, 6);
  const limits = { pathsMax: 2, sizeBytesMax: BYTES };
  const error = await push(watched(bench, 1).clone, bench.host, limits).catch((reason: unknown) => reason);
  assert.match(String(error), 'the line went dead');
  assert.is((await segmentsAt(bench.host, bench.clone.writer)).length, 2);
  const { clone, files } = watched(bench);
  await push(clone, bench.host, limits);
  assert.equal(files, [4, 6]);
  await assertSame(clone, bench.directory, bench.host);
});

it('sends a commit that is more than a step in parts, and goes on where it was cut', async (bench) => {
  await commitRuns(bench.clone, 1);
  await commitPipelines(bench.clone, 8);
  await commitRuns(bench.clone, 1, 'last');
  const limits = { pathsMax: 3, sizeBytesMax: BYTES };
  await push(watched(bench, 3).clone, bench.host, limits).catch(() => undefined);
  assert.is((await segmentsAt(bench.host, bench.clone.writer)).length, 7);
  const { clone, files } = watched(bench);
  assert.is((await push(clone, bench.host, limits)).status, 'pushed');
  assert.is(files.at(-1), 10);
  assert.ok(
    files.every((count, i) => count - (files[i - 1] ?? 7) <= 3),
    `${files}`,
  );
  await assertSame(clone, bench.directory, bench.host);
  assert.equal(await clone.repository.refs.list(['refs/cmf-local/tmp/']), []);
});

it('sends a first commit that is more than a step in parts', async (bench) => {
  await commitPipelines(bench.clone, 5);
  const { clone, files } = watched(bench);
  await push(clone, bench.host, { pathsMax: 2, sizeBytesMax: BYTES });
  assert.equal(files, [2, 4, 5]);
  await assertSame(clone, bench.directory, bench.host);
});

it('unites in steps with what a copy of this clone pushed', async (bench) => {
  await commitRuns(bench.clone, 1, 'before');
  const copy = makeTempDirectory('copy');
  cpSync(bench.directory, copy, { recursive: true });
  const other = await openWritingClone(copy);
  try {
    await commitRuns(other.clone, 2, 'there');
    await push(other.clone, bench.host);
    await commitRuns(bench.clone, 3, 'here');
    await commitPipelines(bench.clone, 5);
    const limits = { pathsMax: 2, sizeBytesMax: BYTES };
    const { clone, files } = watched(bench);
    assert.is((await push(clone, bench.host, limits)).status, 'pushed');
    assert.ok(
      files.every((count, i) => count - (files[i - 1] ?? 3) <= 2),
      `${files}`,
    );
    await assertSame(clone, bench.directory, bench.host);
    assert.is((await push(other.clone, bench.host, limits)).status, 'up-to-date');
    assert.equal(await entriesOf(other.clone), await entriesOf(clone));
  } finally {
    await other.clone.repository.close();
  }
});

it('sends less at once where the server takes less at once', async (bench) => {
  await commitPipelines(bench.clone, 40);
  await git(['config', 'receive.maxInputSize', '9k'], { cwd: bench.host });
  const { clone, files } = watched(bench);
  assert.is((await push(clone, bench.host)).status, 'pushed');
  assert.ok(files.length > 2, `${files}`);
  await assertSame(clone, bench.directory, bench.host);
});

it('says so when the server takes not even one file', async (bench) => {
  await commitRuns(bench.clone, 2);
  await git(['config', 'receive.maxInputSize', '100'], { cwd: bench.host });
  const error = await push(bench.clone, bench.host).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.is((error as CmfError).code, 'refused');
  assert.match((error as CmfError).message, 'exceeds maximum allowed size');
});

it('sends all again to a server that lost it', async (bench) => {
  const limits = { pathsMax: 2, sizeBytesMax: BYTES };
  await commitRuns(bench.clone, 4);
  await push(bench.clone, bench.host, limits);
  await git(['update-ref', '-d', `refs/cmf/journal/${bench.clone.writer}`], { cwd: bench.host });
  await commitRuns(bench.clone, 1);
  assert.is((await push(bench.clone, bench.host, limits)).status, 'pushed');
  await assertSame(bench.clone, bench.directory, bench.host);
});

it.run();
