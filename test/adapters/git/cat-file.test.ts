import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../../src/adapters/git/open-repository.ts';
import type { Oid } from '../../../src/ports/git.ts';
import { rejectsWith } from '../../conformance/git-subject.ts';
import { git, makeRepository, makeTempDirectory, runSealed, sealedEnv } from '../../helpers/sealed-git.ts';

const test = suite('cat-file');

async function makeBlob(directory: string, content: string): Promise<Oid> {
  return (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: content })).stdout.trim() as Oid;
}

/** Ids of the git processes that this process has started and that still run. */
async function gitChildren(): Promise<number[]> {
  const { stdout } = await runSealed('ps', ['-A', '-o', 'pid=,ppid=,command='], { cwd: makeTempDirectory() });
  const rows = stdout.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line));
  return rows
    .filter((row) => row?.[2] === String(process.pid) && /^git /.test(row[3] ?? ''))
    .map((row) => Number(row?.[1]));
}

test('starts with the first question and leaves no process behind', async () => {
  const directory = await makeRepository({ bare: true });
  const repository = await openRepository(directory, { env: sealedEnv() });
  assert.equal(await gitChildren(), []);
  await repository.objects.info(await makeBlob(directory, 'x'));
  assert.is((await gitChildren()).length, 1);
  await repository.close();
  assert.equal(await gitChildren(), []);
  await rejectsWith('internal', repository.objects.info('ab'.repeat(20) as Oid));
  await repository.close();
});

test('answers what was asked before it was closed', async () => {
  const directory = await makeRepository({ bare: true });
  const repository = await openRepository(directory, { env: sealedEnv() });
  const asked = repository.objects.readBlob(await makeBlob(directory, 'x'));
  await repository.close();
  assert.is(Buffer.from(await asked).toString(), 'x');
});

test('starts again after its process was killed, and tells those who waited', async () => {
  const directory = await makeRepository({ bare: true });
  const repository = await openRepository(directory, { env: sealedEnv() });
  const blob = await makeBlob(directory, 'x');
  await repository.objects.readBlob(blob);
  const [pid = 0] = await gitChildren();
  process.kill(pid, 'SIGSTOP');
  const asked = [repository.objects.readBlob(blob), repository.objects.info(blob)];
  const outcomes = Promise.allSettled(asked);
  process.kill(pid, 'SIGKILL');
  assert.equal(
    (await outcomes).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.is(Buffer.from(await repository.objects.readBlob(blob)).toString(), 'x');
  await repository.close();
});

test('reports an object whose bytes are damaged, and goes on', async () => {
  const directory = await makeRepository({ bare: true });
  const [bad, good] = [await makeBlob(directory, 'bad'), await makeBlob(directory, 'good')];
  const file = join(directory, 'objects', bad.slice(0, 2), bad.slice(2));
  chmodSync(file, 0o644);
  writeFileSync(file, 'not zlib');
  const repository = await openRepository(directory, { env: sealedEnv() });
  await rejectsWith('damaged', repository.objects.readBlob(bad));
  assert.is(Buffer.from(await repository.objects.readBlob(good)).toString(), 'good');
  await repository.close();
});

test('sees objects that came after it was started, loose and packed', async () => {
  const directory = await makeRepository({ bare: true });
  const repository = await openRepository(directory, { env: sealedEnv() });
  const first = await makeBlob(directory, 'first');
  await repository.objects.readBlob(first);
  const second = await makeBlob(directory, 'second');
  assert.is((await repository.objects.info(second))?.sizeBytes, 6);
  await git(['update-ref', 'refs/keep/a', first], { cwd: directory });
  await git(['update-ref', 'refs/keep/b', second], { cwd: directory });
  await git(['repack', '-a', '-d', '-q'], { cwd: directory });
  await git(['prune-packed'], { cwd: directory });
  assert.is(Buffer.from(await repository.objects.readBlob(second)).toString(), 'second');
  await repository.close();
});

test('does not keep a program alive that forgets to close it', async () => {
  const directory = await makeRepository({ bare: true });
  const blob = await makeBlob(directory, 'x');
  const module = new URL('../../../src/adapters/git/open-repository.ts', import.meta.url);
  const script = `
    import { openRepository } from ${JSON.stringify(module.href)};
    const repository = await openRepository(${JSON.stringify(directory)}, { env: process.env });
    const bytes = await repository.objects.readBlob(${JSON.stringify(blob)});
    console.log(Buffer.from(bytes).toString());`;
  const root = new URL('../../..', import.meta.url).pathname;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const ended = await runSealed(process.execPath, args, { cwd: root });
  assert.is(ended.stdout, 'x\n');
});

test.run();
