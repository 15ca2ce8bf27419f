import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openGitServer } from '../../src/adapters/git/git-server.ts';
import { nodeMachine } from '../../src/adapters/process/node-machine.ts';
import { type Examined, examine } from '../../src/app/doctor.ts';
import { listRecords } from '../../src/app/records.ts';
import { installServer, uninstallServer } from '../../src/app/server.ts';
import type { Machine } from '../../src/ports/machine.ts';
import { git, makeTempDirectory, sealedEnv } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const KNOWN = { gitVersion: async () => ({ text: '2.40.0', isSupported: true }), manualFile: '/opt/git-cmf.1' };
const machine = nodeMachine({ PATH: join(ROOT, 'bin') }, KNOWN);

const it = suite<WritingClone>('app: doctor');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

function look({ clone }: WritingClone, options: { fix?: boolean; machine?: Machine } = {}): Promise<Examined[]> {
  const server = openGitServer(clone.repository.layout, sealedEnv());
  return examine(clone, { machine: options.machine ?? machine, server }, { fix: options.fix ?? false, remote: false });
}

const wrongs = (findings: readonly Examined[]) => findings.filter(({ level }) => level === 'wrong');

it('finds nothing wrong with a new clone, and names each program', async (bench) => {
  const findings = await look(bench);
  assert.equal(wrongs(findings), []);
  const text = findings.map(({ message }) => message).join('\n');
  assert.match(text, /git 2\.40\.0/);
  assert.match(text, join(ROOT, 'bin', 'git-cmf'));
  assert.match(text, bench.clone.writer);
});

it('says what to do about old programs and a missing one', async (bench) => {
  const old: Machine = {
    ...machine,
    nodeVersion: '20.18.9',
    gitVersion: async () => ({ text: '2.30.2', isSupported: false }),
    findProgram: () => undefined,
  };
  const found = wrongs(await look(bench, { machine: old }));
  assert.equal(
    found.map(({ message }) => message.split(' ').slice(0, 2).join(' ')),
    ['git 2.30.2', 'node 20.18.9', 'git-cmf is'],
  );
  assert.ok(found.every(({ help }) => help !== undefined));
});

it('sets a damaged log aside after journaling what can be read of it', async (bench) => {
  const { clone, directory } = bench;
  await startRun(clone);
  const folder = join(directory, '.git/cmf/wal');
  const [log = ''] = readdirSync(folder);
  writeFileSync(join(folder, log), 'nonsense\n', { flag: 'a' });
  assert.is(wrongs(await look(bench)).length, 1);
  const [fixed] = wrongs(await look(bench, { fix: true }));
  assert.match(fixed?.fixed ?? '', 'damaged');
  assert.equal([readdirSync(folder), readdirSync(join(directory, '.git/cmf/damaged'))], [[], [log]]);
  assert.is((await listRecords(clone, {})).records.length, 2, 'both records are in the journal now');
  assert.equal(wrongs(await look(bench)), []);
});

it('journals logs of processes that cannot be asked, and removes stale locks', async (bench) => {
  const { clone, directory } = bench;
  await startRun(clone);
  const folder = join(directory, '.git/cmf/wal');
  const [log = ''] = readdirSync(folder);
  const live = join(folder, 'another-boot.1.77.5.0123456789abcdef.jsonl');
  clone.disk.rename(join(folder, log), live);
  const lock = join(directory, '.git/cmf/lock/flush');
  writeFileSync(lock, JSON.stringify({ ...clone.effects.process(), startTime: '1' }));
  const other = join(directory, '.git/cmf/lock/of-a-pointer-file');
  writeFileSync(other, '1 host/pid:[1] 0123456789abcdef\n');
  assert.is((await look(bench)).filter(({ isFixable }) => isFixable).length, 1, 'the log was written to today');
  utimesSync(live, 0, 0);
  assert.is((await look(bench)).filter(({ isFixable }) => isFixable).length, 2);
  const fixed = (await look(bench, { fix: true })).flatMap(({ fixed: done }) => done ?? []);
  assert.equal(fixed, ['journaled 2 records of 1 logs', `removed ${lock}`]);
  assert.equal([existsSync(live), existsSync(lock), existsSync(other)], [false, false, true]);
});

it('removes leftover refs of interrupted writes', async (bench) => {
  const { clone, directory } = bench;
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: '' })).stdout.trim();
  await git(['update-ref', 'refs/cmf-local/tmp/x', blob], { cwd: directory });
  await look(bench, { fix: true });
  assert.is(await clone.repository.refs.resolve('refs/cmf-local/tmp/x'), undefined);
});

it('says when git ignores the folder of DVC', async (bench) => {
  writeFileSync(join(bench.directory, '.gitignore'), '.dvc/\n');
  assert.match(wrongs(await look(bench))[0]?.message ?? '', '.dvc/config');
});

it('looks at the hooks of a central repository', async () => {
  const central = await makeWritingClone({ bare: true });
  try {
    const { clone, directory } = central;
    const server = openGitServer(clone.repository.layout, sealedEnv());
    assert.match((await look(central)).map(({ message }) => message).join('\n'), 'are not installed here');
    const place = { templates: join(ROOT, 'hooks'), node: process.execPath, program: join(ROOT, 'bin/git-cmf') };
    await installServer({ ...clone, server }, place);
    assert.equal(wrongs(await look(central)), []);

    await installServer({ ...clone, server }, { ...place, program: '/nowhere/git-cmf' });
    chmodSync(join(directory, 'hooks/post-receive'), 0o644);
    await git(['config', '--unset-all', 'receive.hideRefs'], { cwd: directory });
    const text = wrongs(await look(central))
      .map(({ message }) => message)
      .join('\n');
    assert.match(text, /pre-receive runs \/nowhere\/git-cmf, which is not there/);
    assert.match(text, /post-receive cannot be executed/);
    assert.match(text, /receive\.hideRefs lacks refs\/cmf\/merged/);
  } finally {
    await central.clone.repository.close();
  }
});

it('finds a hook that was there before and that nothing runs since ours was removed by hand', async () => {
  const central = await makeWritingClone({ bare: true });
  try {
    const { clone, directory } = central;
    const context = { ...clone, server: openGitServer(clone.repository.layout, sealedEnv()) };
    const place = { templates: join(ROOT, 'hooks'), node: process.execPath, program: join(ROOT, 'bin/git-cmf') };
    const [path, before] = [join(directory, 'hooks/pre-receive'), join(directory, 'hooks/pre-receive.before-cmf')];
    const stranded = async (options: { fix?: boolean } = {}) =>
      (await look(central, options)).filter(({ message }) => message.includes('was the hook before git cmf'));
    writeFileSync(path, '#!/bin/sh\nexit 7\n', { mode: 0o755 });
    await installServer(context, place);
    assert.equal(await stranded(), []);

    // Another hook in our place may be wanted: nothing is moved.
    writeFileSync(path, '#!/bin/sh\nexit 8\n', { mode: 0o755 });
    const [replaced] = await stranded({ fix: true });
    assert.match(replaced?.help ?? '', `make one hook of the two, then rm ${before}`);
    assert.is(replaced?.fixed, undefined);

    rmSync(path);
    const [found] = await stranded();
    assert.is(found?.level, 'wrong');
    assert.is(found?.help, 'git cmf doctor --fix');
    assert.is((await stranded({ fix: true }))[0]?.fixed, `it is ${path} again`);
    assert.is(readFileSync(path, 'utf8'), '#!/bin/sh\nexit 7\n');
    assert.equal(await stranded(), []);

    // The other ways on: ours again, in front of it; or the old one back.
    for (const mend of [() => installServer(context, place), () => uninstallServer(context)]) {
      await installServer(context, place);
      rmSync(path);
      assert.is((await stranded()).length, 1);
      await mend();
      assert.equal(await stranded(), []);
      assert.ok(existsSync(path));
    }

    // A folder that other repositories use too is left to its owner.
    await installServer(context, place);
    rmSync(path);
    const elsewhere = makeTempDirectory('hooks');
    renameSync(before, join(elsewhere, 'pre-receive.before-cmf'));
    await git(['config', 'core.hooksPath', elsewhere], { cwd: directory });
    const [shared] = await stranded({ fix: true });
    assert.is(shared?.fixed, undefined);
    assert.is(shared?.help, `mv ${elsewhere}/pre-receive.before-cmf ${elsewhere}/pre-receive`);
  } finally {
    await central.clone.repository.close();
  }
});

it.run();
