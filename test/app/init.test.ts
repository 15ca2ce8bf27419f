import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPointerFiles } from '../../src/adapters/files/pointer-files.ts';
import { openCheckedClone } from '../../src/app/clone.ts';
import { initialise } from '../../src/app/init.ts';
import type { CmfError } from '../../src/domain/errors.ts';
import { withContext } from '../helpers/hosts.ts';
import { git, makeRepository, refsSnapshot } from '../helpers/sealed-git.ts';
import { cmf, recordRun } from '../helpers/sites.ts';

type Bench = { directory: string };
const it = suite<Bench>('app: init');

it.before.each(async (bench) => {
  bench.directory = await makeRepository();
});

function init(directory: string, remote?: string): ReturnType<typeof initialise> {
  const pointers = createPointerFiles({ lockDirectory: join(directory, '.git/cmf/lock') });
  return withContext(directory, (context) => initialise(context, pointers, { remote }));
}

it('makes a writer once, whose key nobody else can read', async ({ directory }) => {
  const first = await init(directory);
  assert.is(first.isNew, true);
  assert.equal([...first.prepared].sort(), ['.dvc/.gitignore', '.dvc/config', '.dvcignore']);
  const state = join(directory, '.git/cmf');
  assert.is(statSync(join(state, 'key')).mode & 0o777, 0o600);
  const files = () => ['key', 'writer.json'].map((name) => readFileSync(join(state, name), 'utf8'));
  const before = files();
  const second = await init(directory);
  assert.equal([second.isNew, second.prepared, second.clone.writer], [false, [], first.clone.writer]);
  assert.equal(files(), before);
});

it('gives several processes that begin at once one writer', async ({ directory }) => {
  const said = await Promise.all(Array.from({ length: 6 }, () => cmf(directory, ['init'])));
  const writers = said.map(({ stdout }) => /as writer (\w{32})/.exec(stdout)?.[1]);
  assert.is(new Set(writers).size, 1);
  assert.is(said.filter(({ stdout }) => stdout.startsWith('This clone records as')).length, 1);
  await withContext(directory, async (context) => {
    assert.is(openCheckedClone(context).writer, writers[0], 'its key fits');
  });
});

it('touches no ref and no configuration but its own', async ({ directory }) => {
  await git(['remote', 'add', 'hub', 'https://host.invalid/x'], { cwd: directory });
  const config = async () => (await git(['config', '--local', '--list'], { cwd: directory })).stdout;
  const [refs, before] = [(await refsSnapshot(directory)).refs, await config()];
  await init(directory);
  assert.is(await config(), before);
  await init(directory, 'hub');
  assert.is(await config(), `${before}cmf.remote=hub\n`);
  assert.equal((await refsSnapshot(directory)).refs, refs);
});

it('does nothing when the remote is not there', async ({ directory }) => {
  const error = await init(directory, 'hub').catch((reason: unknown) => reason);
  assert.is((error as CmfError).code, 'no-remote');
  assert.not(statSync(join(directory, '.git/cmf'), { throwIfNoEntry: false }));
});

it('remembers that a clone is a throw-away', async ({ directory }) => {
  const pointers = createPointerFiles({ lockDirectory: join(directory, '.git/cmf/lock') });
  await withContext(directory, (context) => initialise(context, pointers, { isEphemeral: true }));
  await init(directory);
  assert.is((await git(['config', '--local', 'cmf.ephemeral'], { cwd: directory })).stdout, 'true\n');
});

it('does nothing when the hook is wanted and not wanted', async ({ directory }) => {
  const { stderr } = await cmf(directory, ['init', '--hooks', '--no-hooks'], { expectExit: 2 });
  assert.match(stderr, /exclude each other/);
  assert.not(statSync(join(directory, '.git/cmf'), { throwIfNoEntry: false }));
});

it('goes on where only key and identity were brought', async ({ directory }) => {
  await init(directory);
  const state = join(directory, '.git/cmf');
  for (const name of readdirSync(state)) {
    if (name !== 'key' && name !== 'writer.json') rmSync(join(state, name), { recursive: true });
  }
  await init(directory);
  const run = await recordRun(directory);
  assert.match((await cmf(directory, ['start', '-p', 'spam', '-s', 'long'])).stderr, /^$/);
  await cmf(directory, ['log-metric', 'auc=0.5']);
  await cmf(directory, ['push', await makeRepository({ bare: true })]);
  assert.match((await cmf(directory, ['log'])).stdout, run.slice(0, 8));
});

it('prepares no work tree where there is none', async () => {
  const bare = await makeRepository({ bare: true });
  const pointers = createPointerFiles({ lockDirectory: join(bare, 'cmf/lock') });
  const { isNew, prepared } = await withContext(bare, (context) => initialise(context, pointers, {}));
  assert.equal([isNew, prepared], [true, []]);
});

it.run();
