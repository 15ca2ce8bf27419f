/** Pushing after a purge, to remotes that follow it and to one that does not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyPurges } from '../../src/app/apply-purges.ts';
import { chooseExecution } from '../../src/app/choose-execution.ts';
import { ownJournal } from '../../src/app/clone.ts';
import { addControl } from '../../src/app/control.ts';
import { logMetrics } from '../../src/app/executions.ts';
import { obeyRemote } from '../../src/app/obey-remote.ts';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { createPurgeRecords } from '../../src/domain/control-record.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { REFS } from '../../src/domain/ids.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { publicKeyOf } from '../../src/domain/signature.ts';
import { T0, testWriter } from '../helpers/journal-maker.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };

const it = suite<Bench>('app: pushing after a purge');
const ADMIN = testWriter(20).secret;
const SECRET = 0.123456789;

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
  await startRun(bench.clone);
  await logMetrics(bench.clone, await chooseExecution(bench.clone, {}), new Map([['secret', SECRET]]), PLACE);
  await push(bench.clone, bench.host);
});
it.after.each((bench) => bench.clone.repository.close());

const PLACE = { step: null, rank: 0 };

/** Purges the metric, as if the order had come from an admin whose key is pinned. */
async function purgeHere({ clone, directory }: Bench): Promise<void> {
  const { state } = await readState(clone);
  const purges = [...state.entries.values()]
    .filter(({ kind }) => kind === 'metric')
    .map((entry) => purgeOf(entry.id, entry));
  assert.is(purges.length, 1);
  await addControl(clone, createPurgeRecords(ADMIN, purges, { atMs: T0, reason: 'because' }));
  await git(['config', 'cmf.adminKey', publicKeyOf(ADMIN)], { cwd: directory });
  await applyPurges(clone);
}

async function reaches(folder: string): Promise<boolean> {
  const { stdout } = await git(['rev-list', '--objects', '--no-object-names', '--all'], { cwd: folder });
  return (await git(['cat-file', '--batch'], { cwd: folder, input: stdout })).stdout.includes(String(SECRET));
}

it('a remote that holds it still is not united with, and the way on is named', async (bench) => {
  const { clone, host, directory } = bench;
  await purgeHere(bench);
  const error = await push(clone, host).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  const { code, message, hint = '' } = error as CmfError;
  assert.is(code, 'conflict');
  assert.match(message, /still holds records that were purged$/);
  assert.match(hint, /git push .* --delete refs\/cmf\/journal\/[0-9a-f]{32}, then git cmf push/);
  assert.not.ok(await reaches(directory), 'the push brought it back');
  assert.is((await clone.repository.refs.list([REFS.journal])).length, 1, 'no new writer was made for it');
  await git(['push', host, '--delete', ownJournal(clone)], { cwd: directory });
  assert.is((await push(clone, host)).status, 'pushed');
  assert.not.ok(await reaches(host));
});

it('a remote that has let go of it gets what is left, and what came after', async (bench) => {
  const { clone, host } = bench;
  await git(['update-ref', '-d', ownJournal(clone)], { cwd: host });
  await purgeHere(bench);
  await logMetrics(clone, await chooseExecution(clone, {}), new Map([['loss', 1]]), PLACE);
  assert.is((await push(clone, host)).status, 'pushed');
  assert.not.ok(await reaches(host));
  assert.is((await push(clone, host)).status, 'up-to-date');
});

it('a remote that has no orders changes nothing', async ({ clone, host }) => {
  assert.is(await obeyRemote(clone, host), false);
});

it.run();
