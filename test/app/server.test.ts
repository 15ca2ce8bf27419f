import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeDisk } from '../../src/adapters/disk/node-disk.ts';
import { openGitServer } from '../../src/adapters/git/git-server.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../src/adapters/process/node-effects.ts';
import { installServer, type ServerContext, uninstallServer } from '../../src/app/server.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { git, makeRepository, makeTempDirectory, runSealed, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; context: ServerContext };

const it = suite<Bench>('app: a central repository');
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const installation = { templates: join(ROOT, 'hooks'), node: process.execPath, program: "/opt/it's here/git-cmf" };

it.before.each(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  const repository = await openRepository(bench.directory, { env: sealedEnv() });
  const server = openGitServer(repository.layout, sealedEnv());
  let names = 0;
  const disk = nodeDisk(() => `${names++}`);
  const silent = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  bench.context = { repository, server, disk, effects: nodeEffects(), reporter: silent };
});
it.after.each((bench) => bench.context.repository.close());

const hook = ({ directory }: Bench, name: string) => join(directory, 'hooks', name);
const hideRefs = async ({ directory }: Bench) =>
  (await git(['config', '--get-all', 'receive.hideRefs'], { cwd: directory, expectExit: 'any' })).stdout;

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return `${(error as CmfError).message}; ${(error as CmfError).hint}`;
}

/** Runs an installed hook as git would. */
function runHook(bench: Bench, name: string, input: string, expectExit = 0) {
  return runSealed(`hooks/${name}`, [], { cwd: bench.directory, input, expectExit, env: { GIT_DIR: '.' } });
}

it('installs, and changes nothing the second time', async (bench) => {
  const first = await installServer(bench.context, installation);
  assert.equal(first.hooks, [
    { name: 'pre-receive', file: 'pre-receive', status: 'installed', hasPrevious: false },
    { name: 'post-receive', file: 'post-receive', status: 'installed', hasPrevious: false },
  ]);
  assert.is(await hideRefs(bench), 'refs/cmf/merged\nrefs/cmf/archive\nrefs/cmf/control\n');
  assert.is(statSync(hook(bench, 'pre-receive')).mode & 0o111, 0o111);
  assert.match(readFileSync(hook(bench, 'pre-receive'), 'utf8'), "program='/opt/it'\\''s here/git-cmf'\n");
  const again = await installServer(bench.context, installation);
  assert.equal(
    again.hooks.map(({ status }) => status),
    ['unchanged', 'unchanged'],
  );
  assert.equal(again.settings, []);
  const moved = await installServer(bench.context, { ...installation, program: '/elsewhere' });
  assert.equal(
    moved.hooks.map(({ status }) => status),
    ['updated', 'updated'],
  );
});

it('shares its folder with the group that shares the repository, and with nobody else', async (bench) => {
  await installServer(bench.context, installation);
  const folder = join(bench.directory, 'cmf');
  const pushed = `${'0'.repeat(40)} ${'a'.repeat(40)} refs/cmf/journal/x\n`;
  const modeAfterPush = async () => {
    rmSync(folder, { recursive: true, force: true });
    await runHook(bench, 'post-receive', pushed);
    return [statSync(folder).mode & 0o020, statSync(join(folder, 'merge-wanted')).mode & 0o020];
  };
  assert.equal(await modeAfterPush(), [0, 0]);
  await git(['config', 'core.sharedRepository', 'group'], { cwd: bench.directory });
  assert.equal(await modeAfterPush(), [0o020, 0o020]);
});

it('takes itself out and leaves the rest', async (bench) => {
  await git(['config', '--add', 'receive.hideRefs', 'refs/secret'], { cwd: bench.directory });
  const before = readdirSync(join(bench.directory, 'hooks'));
  writeFileSync(hook(bench, 'post-receive'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
  await installServer(bench.context, installation);
  const report = await uninstallServer(bench.context);
  assert.equal(report.hooks, [
    { name: 'pre-receive', file: 'pre-receive', status: 'removed', hasPrevious: false },
    { name: 'post-receive', file: 'post-receive', status: 'removed', hasPrevious: true },
  ]);
  assert.is(await hideRefs(bench), 'refs/secret\n');
  assert.equal(readdirSync(join(bench.directory, 'hooks')), [...before, 'post-receive'].sort());
  assert.is((await runHook(bench, 'post-receive', '')).stdout, 'mine\n');
  assert.equal(
    (await uninstallServer(bench.context)).hooks.map(({ status }) => status),
    ['not-ours', 'not-ours'],
  );
});

it('runs the hook that was there first, with the same input, and obeys its no', async (bench) => {
  writeFileSync(hook(bench, 'pre-receive'), '#!/bin/sh\ncat\n[ -e allow ] || exit 7\n', { mode: 0o755 });
  await installServer(bench.context, installation);
  const line = 'a b refs/heads/main\nc d refs/heads/x\n';
  assert.is((await runHook(bench, 'pre-receive', line, 7)).stdout, line);
  writeFileSync(join(bench.directory, 'allow'), '');
  assert.is((await runHook(bench, 'pre-receive', line)).stdout, line);
  assert.equal((await installServer(bench.context, installation)).hooks[0]?.hasPrevious, true);
});

it('leaves a disabled hook disabled, and a hook that reads nothing alone', async (bench) => {
  writeFileSync(hook(bench, 'pre-receive'), '#!/bin/sh\nexit 7\n', { mode: 0o644 });
  await installServer(bench.context, installation);
  assert.is((await runHook(bench, 'pre-receive', 'a b refs/heads/main\n')).stderr, '');
  chmodSync(hook(bench, 'pre-receive.before-cmf'), 0o755);
  assert.is((await runHook(bench, 'pre-receive', 'a b refs/heads/main\n', 7)).stderr, '');
});

it('keeps a linked hook working, because it stays in its folder', async (bench) => {
  mkdirSync(join(bench.directory, 'site'));
  writeFileSync(join(bench.directory, 'site/check'), '#!/bin/sh\necho linked\n', { mode: 0o755 });
  symlinkSync('../site/check', hook(bench, 'pre-receive'));
  await installServer(bench.context, installation);
  assert.is((await runHook(bench, 'pre-receive', 'a b refs/heads/main\n')).stdout, 'linked\n');
});

it('refuses to keep two earlier hooks', async (bench) => {
  writeFileSync(hook(bench, 'post-receive'), '#!/bin/sh\n');
  writeFileSync(hook(bench, 'post-receive.before-cmf'), '#!/bin/sh\nexit 7\n');
  assert.match(await refusal(installServer(bench.context, installation)), /are both there, and neither is of git cmf/);
  assert.not(existsSync(hook(bench, 'pre-receive')));
});

it('follows core.hooksPath inside the repository, and asks before it writes outside', async (bench) => {
  await git(['config', 'core.hooksPath', 'my-hooks'], { cwd: bench.directory });
  const inside = await installServer(bench.context, installation);
  assert.is(inside.hooksDirectory, join(bench.directory, 'my-hooks'));
  assert.ok(existsSync(join(bench.directory, 'my-hooks/pre-receive')));
  const shared = makeTempDirectory('shared');
  await git(['config', 'core.hooksPath', shared], { cwd: bench.directory });
  assert.match(
    await refusal(installServer(bench.context, installation)),
    /others may use or rewrite them too; git config/,
  );
  assert.equal(readdirSync(shared), []);
  await installServer(bench.context, installation, true);
  assert.equal(readdirSync(shared).sort(), ['post-receive', 'pre-receive']);
});

it('passes code when the program is gone, and nothing of git cmf', async (bench) => {
  await installServer(bench.context, installation);
  await runHook(bench, 'pre-receive', 'a b refs/heads/refs/cmfx\n');
  for (const ref of ['refs/cmf/journal/x', 'refs/CMF/merged/all', 'refs/notes/cmf', 'refs/cmf-local/known']) {
    const { stderr } = await runHook(bench, 'pre-receive', `a b refs/heads/main\na b ${ref}\n`, 1);
    assert.match(stderr, /^git cmf: this server cannot check refs\/cmf\/\*: .* is gone\nhint: /);
  }
});

it.run();
