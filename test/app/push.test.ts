import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clone } from '../../src/app/clone.ts';
import { logMetrics } from '../../src/app/executions.ts';
import { push } from '../../src/app/push.ts';
import { readPushed } from '../../src/app/pushed.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { PushOutcome } from '../../src/ports/git.ts';
import { git, makeCommit, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  entriesOf,
  makeWritingClone,
  openWritingClone,
  startRun,
  type WritingClone,
} from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };
const it = suite<Bench>('app: push');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
});
it.after.each(({ clone }) => clone.repository.close());

async function refsOf(directory: string): Promise<string[]> {
  const { stdout } = await git(['for-each-ref', '--format=%(refname)'], { cwd: directory });
  return stdout.split('\n').filter((line) => line !== '');
}

/** How often each path was written with other bytes than before, over all of a ref's history. */
async function changedPaths(directory: string, ref: string): Promise<string> {
  return (await git(['log', '--format=', '--diff-filter=MD', '--name-only', ref], { cwd: directory })).stdout.trim();
}

async function failure(work: Promise<unknown>): Promise<CmfError> {
  const error = await work.catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return error as CmfError;
}

/** The same writer in another place: what a copied clone or a restored backup is. */
async function copyOf({ directory }: WritingClone): Promise<WritingClone> {
  const copy = makeTempDirectory('copy');
  cpSync(directory, copy, { recursive: true });
  return openWritingClone(copy);
}

/** The clone, with a transport whose first pushes end as given. */
function withOutcomes(clone: Clone, outcomes: readonly Omit<PushOutcome, 'ref'>[], pushes: string[]): Clone {
  const { repository } = clone;
  const { transport } = repository;
  const waiting = [...outcomes];
  const pushed: typeof transport.push = async (remote, refspecs) => {
    const next = waiting.shift();
    pushes.push(next?.reason ?? 'real');
    if (next !== undefined) return refspecs.map(({ to }) => ({ ref: to, ...next }));
    return transport.push(remote, refspecs);
  };
  const altered = Object.assign(Object.create(transport) as typeof transport, { push: pushed });
  return {
    ...clone,
    repository: Object.assign(Object.create(repository) as typeof repository, { transport: altered }),
  };
}

it('sends the journal and nothing else, and says so', async ({ clone, directory, host }) => {
  await makeCommit(directory, { 'a.py': '1' });
  await git(['tag', 'v1'], { cwd: directory });
  assert.is((await push(clone, host)).status, 'nothing-recorded');
  await startRun(clone);
  const ref = `refs/cmf/journal/${clone.writer}`;
  assert.equal(await push(clone, host), { remote: host, ref, status: 'pushed', flushed: 2, leftOut: undefined });
  assert.equal(await refsOf(host), [ref]);
  assert.is(readPushed(clone, host), await clone.repository.refs.resolve(ref));
  assert.equal(await push(clone, host), { remote: host, ref, status: 'up-to-date', flushed: 0, leftOut: undefined });
});

it('knows each remote by itself', async ({ clone, host }) => {
  const another = await makeRepository({ bare: true });
  await startRun(clone);
  await push(clone, host);
  assert.is(readPushed(clone, another), undefined);
  assert.is((await push(clone, another)).status, 'pushed');
});

it('says that there is no such remote, and what was recorded is in the journal', async ({ clone }) => {
  await startRun(clone);
  assert.is((await failure(push(clone, '/nowhere/at/all'))).code, 'no-remote');
  assert.ok((await clone.repository.refs.resolve(`refs/cmf/journal/${clone.writer}`)) !== undefined);
});

it('unites with what a copy of this clone pushed, both ways', async (bench) => {
  const { clone, host } = bench;
  await startRun(clone, 'before');
  await push(clone, host);
  const copy = await copyOf(bench);
  try {
    assert.is(copy.clone.writer, clone.writer);
    const [here, there] = [await startRun(clone, 'here'), await startRun(copy.clone, 'there')];
    for (const place of [clone, copy.clone]) assert.is((await push(place, host)).status, 'pushed');
    await logMetrics(clone, { target: here, view: undefined }, new Map([['auc', 1]]), { step: null, rank: 0 });
    await logMetrics(copy.clone, { target: there, view: undefined }, new Map([['auc', 2]]), { step: null, rank: 0 });
    for (const place of [clone, copy.clone]) assert.is((await push(place, host)).status, 'pushed');
    await push(clone, host); // Brings in what the copy pushed last.
    const ids = await entriesOf(clone);
    assert.is(ids.length, 2 + 2 * 3);
    assert.equal(await entriesOf(copy.clone), ids);
    const ref = `refs/cmf/journal/${clone.writer}`;
    assert.is(await changedPaths(host, ref), '');
    await git(['fsck', '--strict'], { cwd: host });
  } finally {
    await copy.clone.repository.close();
  }
});

it('brings back what an older backup of this clone lost', async (bench) => {
  const { clone, host } = bench;
  await startRun(clone, 'first');
  await push(clone, host);
  const backup = await copyOf(bench);
  try {
    await startRun(clone, 'second');
    await push(clone, host);
    assert.is((await entriesOf(backup.clone)).length, 2);
    await push(backup.clone, host);
    assert.equal(await entriesOf(backup.clone), await entriesOf(clone), 'although nothing new was recorded');
  } finally {
    await backup.clone.repository.close();
  }
});

it('tells what the server said when it refused, and keeps the records', async ({ clone, host }) => {
  writeFileSync(join(host, 'hooks/pre-receive'), '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', { mode: 0o755 });
  await startRun(clone);
  const { code, message, hint } = await failure(push(clone, host));
  assert.is(code, 'refused');
  assert.match(message, 'not on a Friday');
  assert.match(message, `refs/cmf/journal/${clone.writer}`);
  assert.match(hint ?? '', 'the records are safe in this clone');
  assert.is(readPushed(clone, host), undefined);
  assert.is((await entriesOf(clone)).length, 2);
});

it('tries again where another push was a moment earlier', async ({ clone, host }) => {
  await startRun(clone);
  const pushes: string[] = [];
  const lost = { status: 'rejected', reason: 'failed to update ref' } as const;
  assert.is((await push(withOutcomes(clone, [lost, lost], pushes), host)).status, 'pushed');
  assert.equal(pushes, ['failed to update ref', 'failed to update ref', 'real']);
});

it('gives up after ten lost races', async ({ clone, host }) => {
  await startRun(clone);
  const pushes: string[] = [];
  const lost = { status: 'rejected', reason: 'failed to update ref' } as const;
  const impatient = { ...clone, effects: { ...clone.effects, sleep: async () => undefined } };
  const { code } = await failure(push(withOutcomes(impatient, Array(20).fill(lost), pushes), host));
  assert.equal([code, pushes.length], ['conflict', 10]);
});

it('is done when a rejected tip is there all the same', async ({ clone, host }) => {
  await startRun(clone);
  await push(clone, host);
  const lost = { status: 'rejected', reason: 'cannot lock ref' } as const;
  assert.is((await push(withOutcomes(clone, [lost], []), host)).status, 'up-to-date');
});

it.run();
