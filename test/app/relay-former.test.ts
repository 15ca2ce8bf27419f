import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beginWriting } from '../../src/app/begin-writing.ts';
import { type Clone, openClone } from '../../src/app/clone.ts';
import { digestOf } from '../../src/app/digest.ts';
import { flush } from '../../src/app/flush.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { REFS, type WriterId } from '../../src/domain/ids.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { git, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  entriesOf,
  makeWritingClone,
  openWritingClone,
  startRun,
  type WritingClone,
} from '../helpers/writing-clone.ts';

type Bench = { readonly host: string; readonly opened: WritingClone[] };
const HOURS_MS = 3_600_000;
const it = suite<Bench>('app: relay of former writers');

it.before.each(async (bench) => {
  Object.assign(bench, { host: await makeRepository({ bare: true }), opened: [] });
});
it.after.each(async ({ opened }) => {
  for (const { clone } of opened) await clone.repository.close();
});

async function record({ clone }: WritingClone, stage: string): Promise<void> {
  await startRun(clone, stage);
  await flush(clone, { wait: true, live: true });
}

/** The same clone as another writer, as a copy becomes one; the original is left as it is. */
async function successorOf({ opened }: Bench, { directory }: WritingClone): Promise<WritingClone> {
  const copy = makeTempDirectory('copy');
  cpSync(directory, copy, { recursive: true });
  for (const name of ['writer.json', 'key']) rmSync(`${copy}/.git/cmf/${name}`);
  const made = await openWritingClone(copy);
  opened.push(made);
  return made;
}

async function openNew({ opened }: Bench): Promise<WritingClone> {
  const made = await makeWritingClone();
  opened.push(made);
  return made;
}

async function inboxAt(host: string, writer: WriterId): Promise<string> {
  const { stdout } = await git(['for-each-ref', '--format=%(objectname)', REFS.inbox + writer], { cwd: host });
  return stdout.trim();
}

it('delivers one of which two copies know different parts', async (bench) => {
  const { host } = bench;
  const former = await openNew(bench);
  await record(former, 'common');
  const one = await successorOf(bench, former);
  await record(former, 'only in two');
  const two = await successorOf(bench, former);
  await record(one, 'one');
  await record(two, 'two');
  for (const { clone } of [one, two]) await push(clone, host);
  const reader = await openNew(bench);
  await pull(reader.clone, host);
  await pull(two.clone, host);
  assert.is((await entriesOf(reader.clone)).length, 8);
  assert.equal(await entriesOf(reader.clone), await entriesOf(two.clone));
});

it('delivers one that two copies continued differently, and then sends nothing more', async (bench) => {
  const { host } = bench;
  const former = await openNew(bench);
  await record(former, 'common');
  const fork = makeTempDirectory('fork');
  cpSync(former.directory, fork, { recursive: true });
  const forked = await openWritingClone(fork);
  bench.opened.push(forked);
  await record(former, 'here');
  await record(forked, 'there');
  const one = await successorOf(bench, former);
  const two = await successorOf(bench, forked);
  for (const { clone } of [one, two]) await push(clone, host);
  const sent = await inboxAt(host, former.clone.writer);
  for (const { clone, said } of [one, two, one]) {
    await push(clone, host);
    assert.equal(said, []);
  }
  assert.is(await inboxAt(host, former.clone.writer), sent);
  const reader = await openNew(bench);
  await pull(reader.clone, host);
  assert.is((await entriesOf(reader.clone)).length, 6);
});

it('goes in steps', async (bench) => {
  const { host } = bench;
  const former = await openNew(bench);
  for (const stage of ['a', 'b', 'c']) await record(former, stage);
  const { clone } = await successorOf(bench, former);
  await push(clone, host, { pathsMax: 1, sizeBytesMax: 1024 * 1024 });
  const inbox = REFS.inbox + former.clone.writer;
  const { stdout } = await git(['log', '--format=%s', inbox], { cwd: host });
  assert.is(stdout, 'cmf: relayed\n'.repeat(3));
});

it('does not send what came back from others, also where they know more', async (bench) => {
  const { host } = bench;
  const former = await openNew(bench);
  await record(former, 'known');
  const { clone } = await successorOf(bench, former);
  await record(former, 'more');
  await push(former.clone, host);
  await pull(clone, host);
  await push(clone, host);
  assert.is(await inboxAt(host, former.clone.writer), '');
});

it('goes on after one that is refused', async (bench) => {
  const { host } = bench;
  const [first, second] = [await openNew(bench), await openNew(bench)];
  const [bad, good] = first.clone.writer < second.clone.writer ? [first, second] : [second, first];
  for (const one of [bad, good]) await record(one, 'former');
  const successor = await successorOf(bench, good);
  const ref = REFS.journal + bad.clone.writer;
  await git(['fetch', '-q', bad.directory, `${ref}:${ref}`], { cwd: successor.directory });
  const junk = (await git(['commit-tree', '-m', 'junk', await emptyTree(host)], { cwd: host })).stdout.trim();
  await git(['update-ref', REFS.inbox + bad.clone.writer, junk], { cwd: host });
  await push(successor.clone, host);
  assert.is(successor.said.length, 1);
  assert.match(successor.said[0] ?? '', bad.clone.writer);
  assert.is.not(await inboxAt(host, good.clone.writer), '');
});

async function emptyTree(host: string): Promise<string> {
  return (await git(['hash-object', '-w', '-t', 'tree', '/dev/null'], { cwd: host })).stdout.trim();
}

it('seals again in a copy what is dated so far ahead that no server takes it, and the original may do so too', async (bench) => {
  const { host } = bench;
  const original = await openNew(bench);
  const { clone } = original;
  await record(original, 'accepted');
  await push(clone, host);
  const nowMs = () => Date.now() + 30 * HOURS_MS;
  await record({ ...original, clone: openClone({ ...clone, effects: { ...clone.effects, nowMs } }) }, 'ahead');
  const folder = makeTempDirectory('copy');
  cpSync(original.directory, folder, { recursive: true });
  const copy = await openWritingClone(folder);
  bench.opened.push(copy);
  const own = await beginWriting(copy.clone);
  assert.is.not(own.writer, clone.writer);
  await record({ ...copy, clone: own }, 'in the copy');
  const before = await logicalIds(own);
  assert.is(before.length, 6);

  refuseAhead(
    host,
    await pathsIn(folder, `${REFS.journal}${clone.writer}`, await pathsIn(host, REFS.journal + clone.writer)),
  );
  assert.is((await push(own, host)).status, 'pushed');
  assert.match(
    copy.said.join('\n'),
    /records of former writer .* are dated far ahead: 2 were sealed again, by writer /,
  );
  assert.not.match(copy.said.join('\n'), /was not sent/);
  assert.is(openClone(own).writer, own.writer, 'the copy stays who it is');
  assert.equal(openClone(own).identity.predecessors, [], 'and continues nobody');
  const reader = await openNew(bench);
  await pull(reader.clone, host);
  assert.equal(await logicalIds(reader.clone), before);
  assert.equal(await logicalIds(own), before);

  // Again: nothing more is made of it.
  const refs = async () => (await git(['for-each-ref', '--format=%(refname)'], { cwd: host })).stdout;
  const there = await refs();
  await push(own, host);
  assert.is(await refs(), there);

  await push(await beginWriting(clone), host);
  for (const one of [reader.clone, own]) {
    await pull(one, host);
    assert.equal(await logicalIds(one), before);
  }
  const digests = await Promise.all([reader.clone, own].map(async (one) => (await digestOf(one, undefined)).view));
  assert.is(digests[0], digests[1]);
});

it('says so where nobody can seal it again, and loses nothing', async (bench) => {
  const { host } = bench;
  const former = await openNew(bench);
  const nowMs = () => Date.now() + 30 * HOURS_MS;
  await record(
    { ...former, clone: openClone({ ...former.clone, effects: { ...former.clone.effects, nowMs } }) },
    'ahead',
  );
  const one = await successorOf(bench, former);
  await record(one, 'one');
  const script = `#!/bin/sh\nwhile read -r old new ref; do case $ref in */${former.clone.writer}) echo "entry is dated, too far in the future" >&2; exit 1;; esac; done\n`;
  writeFileSync(`${host}/hooks/pre-receive`, script, { mode: 0o755 });
  assert.is((await push(one.clone, host)).status, 'pushed');
  assert.match(one.said.join('\n'), /was not sent: .*too far in the future.*\(.*the clone that it was.*git cmf push/s);
  assert.is((await entriesOf(one.clone)).length, 4);
});

/** The paths of a journal, without those that are known. */
async function pathsIn(directory: string, ref: string, known: readonly string[] = []): Promise<string[]> {
  const { stdout } = await git(['ls-tree', '-r', '--name-only', ref], { cwd: directory });
  return stdout.split('\n').filter((path) => path !== '' && !known.includes(path));
}

/** Has a host refuse what brings one of these files. */
function refuseAhead(host: string, paths: readonly string[]): void {
  assert.is(paths.length, 1);
  const test = `git ls-tree -r --name-only "$new" | grep -qF ${paths[0]}`;
  const words = 'entry is dated, too far in the future';
  const script = `#!/bin/sh\nwhile read -r old new ref; do if ${test}; then echo '${words}' >&2; exit 1; fi; done\n`;
  writeFileSync(`${host}/hooks/pre-receive`, script, { mode: 0o755 });
}

async function logicalIds(clone: Clone): Promise<string[]> {
  return [...resolve((await readState(clone)).state).statements.keys()].sort();
}

it.run();
