/** Hooks of others on a central repository: they go on before, between and after, and get back exactly what was there. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeCommit, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, makeCentral, makeSite, mergedTree, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: hooks of others on a central repository');

/** Everything in a folder that says what a hook is: name, mode, target of a link, bytes. */
function hooksIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      const what = stat.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'base64');
      return [name, `${stat.mode.toString(8)} ${what}`];
    }),
  );
}

/** A script that appends its name and what it reads to a file. */
function telling(log: string, name: string, more = ''): string {
  return `#!/bin/sh\n(echo "${name} $*"; cat) >>'${log}'\n${more}`;
}

/** Names that were told, in order, without repetitions next to each other. */
function told(log: string): string[] {
  const names = existsSync(log) ? readFileSync(log, 'utf8').match(/^[a-z-]+ $/gm) : [];
  return (names ?? []).map((name) => name.trim());
}

/** Pushes code and a journal; the journal must be merged and the code be there. */
async function checkPushes(central: string): Promise<void> {
  const site = await makeSite(central);
  const code = await makeCommit(site, { a: String(Math.random()) });
  await git(['push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/main'], { cwd: site, env: cmfEnv() });
  assert.is((await git(['rev-parse', 'main'], { cwd: central })).stdout.trim(), code);
  await recordRun(site);
  const before = await mergedTree(central).catch(() => '');
  await cmf(site, ['push', '--quiet']);
  await settle(central);
  assert.not.equal(await mergedTree(central), before);
  const tip = (await git(['rev-parse', 'HEAD'], { cwd: site })).stdout.trim();
  const junk = await git(['push', 'origin', `${tip}:refs/cmf/journal/${'0'.repeat(32)}`], {
    cwd: site,
    expectExit: 1,
    env: cmfEnv(),
  });
  assert.match(junk.stderr, /git cmf: /);
}

it('scripts, links, programs and disabled hooks: all run as before, and come back as they were', async () => {
  const central = await makeCentral({ hooks: false });
  const hooks = join(central, 'hooks');
  const log = join(makeTempDirectory(), 'log');
  mkdirSync(join(central, 'site-hooks'));
  writeFileSync(join(central, 'site-hooks/check'), telling(log, 'linked'), { mode: 0o755 });
  symlinkSync('../site-hooks/check', join(hooks, 'pre-receive'));
  // A program that is no script, with bytes that are no text.
  cpSync('/bin/cat', join(hooks, 'post-receive'));
  writeFileSync(join(hooks, 'update'), telling(log, 'update'), { mode: 0o755 });
  const before = hooksIn(hooks);
  await cmf(central, ['server', 'install', '--quiet']);
  await cmf(central, ['server', 'install', '--quiet']);
  await checkPushes(central);
  assert.ok(told(log).includes('linked'));
  await cmf(central, ['server', 'uninstall', '--quiet']);
  assert.equal(hooksIn(hooks), before);
  rmSync(join(hooks, 'pre-receive'));
  writeFileSync(join(hooks, 'pre-receive'), telling(log, 'disabled', 'exit 1\n'), { mode: 0o644 });
  const disabled = hooksIn(hooks);
  await cmf(central, ['server', 'install', '--quiet']);
  await checkPushes(central);
  assert.not(told(log).includes('disabled'));
  await cmf(central, ['server', 'uninstall', '--quiet']);
  assert.equal(hooksIn(hooks), disabled);
});

it('a tool that renames our hook to .legacy and runs it, as pre-commit does', async () => {
  const central = await makeCentral({ hooks: false });
  const hooks = join(central, 'hooks');
  const log = join(makeTempDirectory(), 'log');
  writeFileSync(join(hooks, 'pre-receive'), telling(log, 'first'), { mode: 0o755 });
  const before = hooksIn(hooks);
  await cmf(central, ['server', 'install', '--quiet']);
  renameSync(join(hooks, 'pre-receive'), join(hooks, 'pre-receive.legacy'));
  const wrapper = `#!/bin/sh\ninput=$(cat)\necho 'wrapper ' >>'${log}'\nprintf '%s\\n' "$input" | "$0.legacy" "$@"\n`;
  writeFileSync(join(hooks, 'pre-receive'), wrapper, { mode: 0o755 });
  await checkPushes(central);
  assert.equal([...new Set(told(log))].sort(), ['first', 'wrapper']);
  const { stdout } = await cmf(central, ['server', 'install']);
  assert.match(stdout, /pre-receive\.legacy: unchanged; the hook that was there before runs too/);
  assert.match((await cmf(central, ['doctor'], { expectExit: 'any' })).stdout, /the hook pre-receive is installed/);
  await checkPushes(central);
  // Taken out of the middle: the wrapper runs what was there before us.
  await cmf(central, ['server', 'uninstall', '--quiet']);
  const after = hooksIn(hooks);
  assert.is(after['pre-receive.legacy'], before['pre-receive']);
  assert.not(existsSync(join(hooks, 'pre-receive.before-cmf')));
  assert.is(readFileSync(join(hooks, 'pre-receive'), 'utf8'), wrapper);
});

it('a tool that writes its own hook in our place: said, left alone, and nothing is lost', async () => {
  const central = await makeCentral({ hooks: false });
  const hooks = join(central, 'hooks');
  const log = join(makeTempDirectory(), 'log');
  writeFileSync(join(hooks, 'pre-receive'), telling(log, 'first'), { mode: 0o755 });
  await cmf(central, ['server', 'install', '--quiet']);
  writeFileSync(join(hooks, 'pre-receive'), telling(log, 'manager'), { mode: 0o755 });
  const { stdout } = await cmf(central, ['doctor'], { expectExit: 1 });
  assert.match(stdout, /the hook pre-receive is not the one of git cmf/);
  const refused = await cmf(central, ['server', 'install'], { expectExit: 4 });
  assert.match(refused.stderr, /only one can be kept/);
  const out = await cmf(central, ['server', 'uninstall']);
  assert.match(out.stdout, /pre-receive: not of git cmf, left alone; .* lies in pre-receive\.before-cmf/);
  assert.match(readFileSync(join(hooks, 'pre-receive.before-cmf'), 'utf8'), /first/);
  rmSync(join(hooks, 'pre-receive.before-cmf'));
  await cmf(central, ['server', 'install', '--quiet']);
  await checkPushes(central);
  assert.equal([...new Set(told(log))], ['manager']);
});

it('a hook that somebody deleted: uninstall brings back what lay below it', async () => {
  const central = await makeRepository({ bare: true });
  const hooks = join(central, 'hooks');
  writeFileSync(join(hooks, 'post-receive'), '#!/bin/sh\n', { mode: 0o755 });
  const before = hooksIn(hooks);
  await cmf(central, ['server', 'install', '--quiet']);
  rmSync(join(hooks, 'post-receive'));
  chmodSync(join(hooks, 'pre-receive'), 0o644);
  await cmf(central, ['server', 'install', '--quiet']);
  assert.is(lstatSync(join(hooks, 'pre-receive')).mode & 0o111, 0o111);
  rmSync(join(hooks, 'post-receive'));
  await cmf(central, ['server', 'uninstall', '--quiet']);
  assert.equal(hooksIn(hooks), before);
});

it('an older hook of ours is brought up to date in place', async () => {
  const central = await makeCentral();
  const hook = join(central, 'hooks/pre-receive');
  const now = readFileSync(hook, 'utf8');
  writeFileSync(hook, now.replace('input=$(cat)', 'input=$(cat) # as it was'));
  assert.match((await cmf(central, ['server', 'install'])).stdout, /pre-receive: updated\n/);
  assert.is(readFileSync(hook, 'utf8'), now);
  assert.not(existsSync(`${hook}.before-cmf`));
});

it('core.hooksPath: relative inside, absolute and shared by several repositories', async () => {
  const central = await makeCentral({ hooks: false });
  await git(['config', 'core.hooksPath', 'managed/hooks'], { cwd: central });
  await cmf(central, ['server', 'install', '--quiet']);
  assert.ok(existsSync(join(central, 'managed/hooks/pre-receive')));
  await checkPushes(central);
  await cmf(central, ['server', 'uninstall', '--quiet']);
  assert.equal(readdirSync(join(central, 'managed/hooks')), []);
  const shared = makeTempDirectory('shared');
  const other = await makeCentral({ hooks: false });
  for (const one of [central, other]) await git(['config', 'core.hooksPath', shared], { cwd: one });
  assert.match((await cmf(central, ['server', 'install'], { expectExit: 4 })).stderr, /--shared-hooks/);
  for (const one of [central, other]) await cmf(one, ['server', 'install', '--shared-hooks', '--quiet']);
  for (const one of [central, other]) await checkPushes(one);
  assert.match((await cmf(central, ['server', 'uninstall'], { expectExit: 4 })).stderr, /--shared-hooks/);
  assert.ok(existsSync(join(shared, 'pre-receive')));
  await cmf(central, ['server', 'uninstall', '--shared-hooks', '--quiet']);
  assert.equal(readdirSync(shared), []);
});

it('hooks in the configuration, which newer versions of git run too', async () => {
  const central = await makeCentral();
  const log = join(makeTempDirectory(), 'log');
  const script = join(makeTempDirectory(), 'script');
  writeFileSync(script, telling(log, 'configured'), { mode: 0o755 });
  await git(['config', 'hook.mine.event', 'pre-receive'], { cwd: central });
  await git(['config', 'hook.mine.command', script], { cwd: central });
  await checkPushes(central);
  const { stdout } = await git(['--version'], { cwd: central });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  const runsThem = Number(major) > 2 || Number(minor) >= 54;
  assert.is(told(log).length > 0, runsThem);
  await cmf(central, ['server', 'uninstall', '--quiet']);
  assert.match((await git(['config', '--get', 'hook.mine.event'], { cwd: central })).stdout, /pre-receive/);
});

it.run();
