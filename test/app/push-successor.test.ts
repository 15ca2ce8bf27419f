import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clone, openClone } from '../../src/app/clone.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { entriesDigest } from '../../src/domain/view-digest.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };
const HOURS_MS = 3_600_000;
const it = suite<Bench>('app: push as a successor');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
});
it.after.each(({ clone }) => clone.repository.close());

/** Puts something else where the remote has this writer's journal. */
async function forge(host: string, { writer }: Clone): Promise<void> {
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: host, input: 'x' })).stdout.trim();
  const tree = await git(['mktree'], { cwd: host, input: `100644 blob ${blob}\tcmf-format-1\n` });
  const commit = await git(['commit-tree', '-m', 'forged', tree.stdout.trim()], { cwd: host });
  await git(['update-ref', `refs/cmf/journal/${writer}`, commit.stdout.trim()], { cwd: host });
}

async function logicalIds(clone: Clone): Promise<string[]> {
  return [...resolve((await readState(clone)).state).statements.keys()].sort();
}

/** The clone on a machine whose date is wrong by so much. */
function shifted(clone: Clone, byMs: number): Clone {
  const nowMs = () => Date.now() + byMs;
  return openClone({ ...clone, effects: { ...clone.effects, nowMs } });
}

/** A host that refuses everything with these words, until they are gone. */
function refusing(host: string, words: string): void {
  const script = `#!/bin/sh\nwhile read -r old new ref; do case $ref in ${words}) echo "entry is dated, too far in the future" >&2; exit 1;; esac; done\n`;
  writeFileSync(join(host, 'hooks/pre-receive'), script, { mode: 0o755 });
}

it('takes nothing from a remote that forged this journal, and gets through all the same', async (bench) => {
  const { clone, host, said } = bench;
  await startRun(clone, 'accepted');
  await push(clone, host);
  await startRun(clone, 'more');
  const before = await logicalIds(clone);
  await forge(host, clone);
  const report = await push(clone, host);
  const successor = openClone(clone);
  assert.is.not(successor.writer, clone.writer);
  assert.equal([report.status, report.ref], ['pushed', `refs/cmf/journal/${successor.writer}`]);
  assert.match(said.join('\n'), /is no journal of this writer .*has no writer\.json/);
  assert.equal(await logicalIds(successor), before);
  assert.is((await push(openClone(clone), host)).status, 'up-to-date');

  const other = await makeWritingClone();
  try {
    assert.is((await pull(other.clone, host)).skipped.length, 1, 'the forged ref, and nothing else');
    assert.equal(await logicalIds(other.clone), before);
    const digests = await Promise.all(
      [other.clone, clone].map(async (one) => entriesDigest((await readState(one)).state)),
    );
    assert.is(digests[0], digests[1]);
  } finally {
    await other.clone.repository.close();
  }
});

it('seals again what a server refuses for its date', async ({ clone, host, said }) => {
  await startRun(clone, 'accepted');
  await push(clone, host);
  await startRun(shifted(clone, 30 * HOURS_MS), 'ahead');
  const before = await logicalIds(clone);
  clone.disk.remove(`${clone.repository.layout.commonDir}/cmf/clock`);
  refusing(host, `*/${clone.writer}`);
  assert.is((await push(clone, host)).status, 'pushed');
  const successor = openClone(clone);
  assert.is.not(successor.writer, clone.writer);
  assert.equal(await logicalIds(successor), before);
  assert.match(said.join('\n'), /dated far ahead: .*2 records were sealed again/);
});

it('does not help where this machine is the one whose date is wrong, and says so', async ({ clone, host }) => {
  await startRun(shifted(clone, 30 * HOURS_MS), 'ahead');
  refusing(host, '*');
  const error = await push(shifted(clone, 30 * HOURS_MS), host).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.match((error as CmfError).message, /too far in the future.*by the clock of this machine it is 20/s);
  assert.match((error as CmfError).hint ?? '', /set the date/);
  assert.is(openClone(clone).writer, clone.writer);
});

it('ends nobody for another reason', async ({ clone, host }) => {
  await startRun(clone);
  await push(clone, host);
  await startRun(clone);
  writeFileSync(join(host, 'hooks/pre-receive'), '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', { mode: 0o755 });
  const error = await push(clone, host).catch((reason: unknown) => reason);
  assert.match((error as CmfError).message, 'not on a Friday');
  assert.is(openClone(clone).writer, clone.writer);
});

it.run();
