import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeMachine } from '../../src/adapters/process/node-machine.ts';
import { examineLeftBehind } from '../../src/app/doctor-locks.ts';
import { push } from '../../src/app/push.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { Machine } from '../../src/ports/machine.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const real = nodeMachine({}, { gitVersion: async () => ({ text: '2.40.0', isSupported: true }), manualFile: 'x' });
const quiet: Machine = { ...real, gitProcessesIn: () => [] };

const it = suite<WritingClone>('app: what killed processes leave behind');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

/** Leaves a file behind in the common git folder, so many minutes ago. */
function leave({ directory }: WritingClone, name: string, minutesAgo: number): string {
  const path = join(directory, '.git', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  const seconds = Date.now() / 1000 - minutesAgo * 60;
  utimesSync(path, seconds, seconds);
  return path;
}

const levels = async ({ clone }: WritingClone, machine = quiet) =>
  (await examineLeftBehind(clone, machine)).map(({ level }) => level);

it('finds nothing where nothing is', async (bench) => {
  await startRun(bench.clone);
  assert.equal(await levels(bench), ['ok']);
});

it('leaves alone what another user keeps to himself', async ({ clone }) => {
  await startRun(clone);
  clone.disk.makeDirectory(`${clone.repository.layout.commonDir}/cmf/desk/7`);
  const disk = {
    ...clone.disk,
    list: (path: string) => {
      if (path.endsWith('/desk/7')) throw new CmfError('environment', { message: 'permission denied' });
      return clone.disk.list(path);
    },
  };
  const findings = await examineLeftBehind({ ...clone, disk }, quiet);
  assert.equal(
    findings.map(({ level }) => level),
    ['ok'],
  );
});

it('finds old locks of our refs and of all refs, names each, and removes them', async (bench) => {
  const names = [
    `refs/cmf/journal/${bench.clone.writer}.lock`,
    'refs/cmf-local/known.lock',
    'refs/cmf-local/incoming/x/y.lock',
    'refs/notes/cmf.lock',
    'packed-refs.lock',
    'packed-refs.new',
  ];
  const paths = names.map((name) => leave(bench, name, 11));
  const findings = await examineLeftBehind(bench.clone, quiet);
  assert.equal(
    findings.map(({ level }) => level),
    names.map(() => 'wrong'),
  );
  for (const path of paths)
    assert.ok(
      findings.some(({ message }) => message.startsWith(`${path} `)),
      path,
    );
  assert.match(findings[0]?.message ?? '', /for 11 minutes; a git that was killed left it$/);
  for (const { fix } of findings) assert.match((await fix?.()) ?? '', /^removed /);
  for (const path of paths) assert.not(existsSync(path));
});

it("leaves the user's locks alone", async (bench) => {
  for (const name of ['index.lock', 'refs/heads/main.lock', 'HEAD.lock', 'refs/notes/commits.lock', 'config.lock']) {
    leave(bench, name, 1000);
  }
  assert.equal(await levels(bench), ['ok']);
});

it('leaves a lock that is young, that a git may hold, or that changed meanwhile', async (bench) => {
  const young = leave(bench, 'packed-refs.lock', 9);
  const [first] = await examineLeftBehind(bench.clone, quiet);
  assert.is(first?.level, 'notice');
  assert.is(first?.fix, undefined);
  leave(bench, 'packed-refs.lock', 30);
  const [busy] = await examineLeftBehind(bench.clone, { ...real, gitProcessesIn: () => [12, 34] });
  assert.match(busy?.message ?? '', /git is at work here \(process 12, 34\)/);
  assert.is(busy?.fix, undefined);
  const [untold] = await examineLeftBehind(bench.clone, { ...real, gitProcessesIn: () => undefined });
  assert.is(untold?.fix, undefined);
  const [old] = await examineLeftBehind(bench.clone, quiet);
  writeFileSync(young, 'somebody holds it now');
  assert.match((await old?.fix?.()) ?? '', /^left .*changed meanwhile$/);
  assert.ok(existsSync(young));
});

it('believes age alone after an hour where the machine does not tell', async (bench) => {
  leave(bench, 'packed-refs.lock', 61);
  assert.equal(await levels(bench, { ...real, gitProcessesIn: () => undefined }), ['wrong']);
});

it('finds temporary files of ours, and objects that git began', async (bench) => {
  const ours = ['cmf/clock.ab.tmp', 'cmf/lock/flush.now', 'cmf/lock/x.lock.break'].map((name) =>
    leave(bench, name, 11),
  );
  const gits = ['objects/ab/tmp_obj_Xy12', 'objects/pack/tmp_pack_Xy12'].map((name) => leave(bench, name, 25 * 60));
  const young = [leave(bench, 'cmf/flush.json.cd.tmp', 1), leave(bench, 'objects/ab/tmp_obj_young', 60)];
  const [none, ...found] = await examineLeftBehind(bench.clone, quiet);
  assert.is(none?.level, 'ok');
  assert.equal(
    found.map(({ level }) => level),
    ['notice', 'notice'],
  );
  assert.equal([await found[0]?.fix?.(), await found[1]?.fix?.()], ['removed 3 files', 'removed 2 files']);
  for (const path of [...ours, ...gits]) assert.not(existsSync(path), path);
  for (const path of young) assert.ok(existsSync(path), path);
});

it('makes nothing where git cmf has nothing', async () => {
  const other = await makeWritingClone({ bare: true });
  const bare = await makeRepository({ bare: true });
  const { repository } = other.clone;
  const context = { ...other.clone, repository: { ...repository, layout: { ...repository.layout, commonDir: bare } } };
  assert.equal(
    (await examineLeftBehind(context, quiet)).map(({ level }) => level),
    ['ok'],
  );
  assert.not(existsSync(join(bare, 'cmf')));
  await repository.close();
});

it('is what a command names that meets a lock', async (bench) => {
  await startRun(bench.clone);
  const path = leave(bench, `refs/cmf/journal/${bench.clone.writer}.lock`, 11);
  const error = await push(bench.clone, await makeRepository({ bare: true })).catch((reason: unknown) => reason);
  const { message, hint, code } = error as { message: string; hint: string; code: string };
  assert.is(code, 'environment');
  assert.ok(message.includes(path), message);
  assert.match(hint, /git cmf doctor --fix/);
  for (const { fix } of await examineLeftBehind(bench.clone, quiet)) await fix?.();
  assert.is((await push(bench.clone, await makeRepository({ bare: true }))).status, 'pushed');
});

it('is what a push names that meets one at the remote', async (bench) => {
  await startRun(bench.clone);
  const remote = await makeRepository({ bare: true });
  const path = join(remote, `refs/cmf/journal/${bench.clone.writer}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  const error = await push(bench.clone, remote).catch((reason: unknown) => reason);
  const { message, hint, code } = error as { message: string; hint: string; code: string };
  assert.is(code, 'refused');
  assert.match(message, /\.lock/);
  assert.match(hint, /its admin runs 'git cmf doctor --fix' there/);
});

it.run();
