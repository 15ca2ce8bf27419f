import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeDisk } from '../../../src/adapters/disk/node-disk.ts';
import { openGitServer } from '../../../src/adapters/git/git-server.ts';
import { openRepository } from '../../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../../src/adapters/process/node-effects.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import { REFS } from '../../../src/domain/ids.ts';
import { type HookDependencies, runHook } from '../../../src/faces/hooks/dispatch.ts';
import { journalFiles, testSegment, testWriter } from '../../helpers/journal-maker.ts';
import { folderOf, plantCommit, plantTree } from '../../helpers/plant-tree.ts';
import { git, makeRepository, sealedEnv } from '../../helpers/sealed-git.ts';

type Bench = { directory: string; dependencies: HookDependencies };

const it = suite<Bench>('faces: hooks');
const ZERO = '0'.repeat(40);
const writer = testWriter(1);
const journal = REFS.journal + writer.record.writer;

it.before.each(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  const repository = await openRepository(bench.directory, { env: sealedEnv() });
  const server = openGitServer(repository.layout, sealedEnv());
  const reporter = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  const context = { repository, disk: nodeDisk(() => 'x'), effects: nodeEffects(), reporter };
  bench.dependencies = { context, server };
});
it.after.each((bench) => bench.dependencies.context.repository.close());

async function plant({ directory }: Bench): Promise<string> {
  return plantCommit(directory, await plantTree(directory, folderOf(journalFiles(writer, [testSegment(writer)]))));
}

it('lets a good push in without a word', async (bench) => {
  const input = `${ZERO} ${await plant(bench)} ${journal}\n${'a'.repeat(40)} ${ZERO} refs/heads/x\u2028y\n`;
  assert.equal(await runHook('pre-receive', input, bench.dependencies), { exitCode: 0, stderr: '' });
});

it('lets a good push in where the hint for the merge cannot be written', async (bench) => {
  writeFileSync(join(bench.directory, 'cmf'), 'a file where the folder must be');
  const input = `${ZERO} ${await plant(bench)} ${journal}\n`;
  assert.equal(await runHook('pre-receive', input, bench.dependencies), { exitCode: 0, stderr: '' });
});

it('says which ref is refused and why, one line each', async (bench) => {
  const tip = await plant(bench);
  const input = `${tip} ${ZERO} ${journal}\n${ZERO} ${tip} ${REFS.mergedAll}\n`;
  const { exitCode, stderr } = await runHook('pre-receive', input, bench.dependencies);
  assert.is(exitCode, 1);
  const lines = [
    `git cmf: ${journal}: a journal is never deleted; next: ask the admin of this server for a purge`,
    `git cmf: ${REFS.mergedAll}: only the server writes it; next: push to your own journal with git cmf push`,
    'git cmf: nothing of this push was stored',
    '',
  ];
  assert.equal(stderr.split('\n'), lines);
});

it('merges when it is called as the worker', async (bench) => {
  await git(['update-ref', journal, await plant(bench)], { cwd: bench.directory });
  mkdirSync(join(bench.directory, 'cmf'));
  writeFileSync(join(bench.directory, 'cmf/merge-wanted'), '');
  const merged = { exitCode: 0, stderr: '', hasMerged: true };
  assert.equal(await runHook('merge-worker', '', bench.dependencies), merged);
  assert.equal(await runHook('merge-worker', '', bench.dependencies), { ...merged, hasMerged: false });
  assert.ok(await bench.dependencies.context.repository.refs.resolve(REFS.mergedAll));
});

it('refuses other names and other input', async (bench) => {
  for (const [name, input] of [
    ['update', ''],
    ['pre-receive', 'nonsense\n'],
  ] as const) {
    const error = await runHook(name, input, bench.dependencies).catch((reason: unknown) => reason);
    assert.instance(error, CmfError);
    assert.is((error as CmfError).code, 'usage');
  }
});

it.run();
