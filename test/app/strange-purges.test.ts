/** Pushing to a remote that purged, by a key that is not pinned here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { controlPath, createPurgeRecords } from '../../src/domain/control-record.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { publicKeyOf } from '../../src/domain/signature.ts';
import { T0, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { readonly host: string };

const it = suite<Bench>('app: pushing where a stranger purged');
const STRANGER = testWriter(21).secret;

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone(), { host: await makeRepository({ bare: true }) });
  await startRun(bench.clone);
});
it.after.each((bench) => bench.clone.repository.close());

/** A host that refuses every push, for what its hook says. */
function refuseAt(host: string, words: string): void {
  writeFileSync(join(host, 'hooks/pre-receive'), `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
}

/** Plants a purge of what the clone recorded first, by a key that nobody knows. */
async function purgeAt({ clone, host }: Bench): Promise<EntryId> {
  const [entry] = (await readState(clone)).state.entries.values();
  if (entry === undefined) throw new Error('nothing was recorded');
  const [record] = createPurgeRecords(STRANGER, [purgeOf(entry.id, entry)], { atMs: T0, reason: 'because' });
  if (record === undefined) throw new Error('no purge was made');
  const tree = await plantTree(host, folderOf({ [controlPath(record)]: record.text }));
  await git(['update-ref', 'refs/cmf/control', await plantCommit(host, tree)], { cwd: host });
  return entry.id;
}

async function refusal({ clone, host }: Bench): Promise<CmfError> {
  const error = await push(clone, host).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.is((error as CmfError).code, 'refused');
  return error as CmfError;
}

it('a refusal names the key and the command for whoever trusts it', async (bench) => {
  const id = await purgeAt(bench);
  refuseAt(bench.host, `entry ${id} was purged and cannot come back`);
  const { message, hint } = await refusal(bench);
  assert.match(message, `entry ${id} was purged`);
  const command = `git config --add cmf.adminKey ${publicKeyOf(STRANGER)} && git cmf push`;
  assert.is(hint, `purged there by a key without a name, whose key is not pinned here. If you trust it: ${command}`);
});

it('a refusal for anything else names no key', async (bench) => {
  await purgeAt(bench);
  refuseAt(bench.host, 'not on a Friday');
  assert.match((await refusal(bench)).hint ?? '', /ask the admin of the remote/);
});

it.run();
