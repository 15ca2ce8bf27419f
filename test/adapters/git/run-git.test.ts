import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanEnvironment } from '../../../src/adapters/git/git-environment.ts';
import { parseGitVersion, readGitVersion } from '../../../src/adapters/git/git-version.ts';
import { type GitContext, runGit } from '../../../src/adapters/git/run-git.ts';
import { rejectsWith } from '../../conformance/git-subject.ts';
import { makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const test = suite('run git');

async function makeContext(env = sealedEnv()): Promise<GitContext> {
  const gitDir = await makeRepository({ bare: true });
  return { gitDir, worktree: undefined, cwd: gitDir, env, interactive: false };
}

test('gives an exit code as a value', async () => {
  const context = await makeContext();
  assert.is((await runGit(context, ['rev-parse', '--verify', '-q', 'refs/x'])).exitCode, 1);
  const unknown = await runGit(context, ['no-such-command']);
  assert.is(unknown.exitCode, 1);
  assert.match(unknown.stderr, /not a git command/);
});

test('survives a git that ends before it has read its input', async () => {
  const context = await makeContext();
  const input = Buffer.alloc(8 * 1024 * 1024, 'x');
  assert.is((await runGit(context, ['update-ref', '--no-such-option'], { input })).exitCode, 129);
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield input.subarray(0, 65_536);
  };
  assert.is((await runGit(context, ['update-ref', '--no-such-option'], { input: endless() })).exitCode, 129);
});

test('passes on an error of the input and ends git', async () => {
  const context = await makeContext();
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('part');
    throw new Error('the source is gone');
  };
  const outcome = await runGit(context, ['hash-object', '--stdin'], { input: failing() }).catch(String);
  assert.is(outcome, 'Error: the source is gone');
});

test('ends a git that takes too long or prints too much', async () => {
  const context = await makeContext();
  const pidFile = join(makeTempDirectory(), 'pid');
  // What git starts holds git's stdout open after git itself was ended; that must not make us wait.
  const alias = `alias.wait=!sleep 30 & echo $! >${pidFile}; wait`;
  await rejectsWith('environment', runGit(context, ['-c', alias, 'wait'], { timeoutMs: 500 }));
  process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
  const input = Array.from({ length: 2000 }, (_, i) => `line ${i} missing\n`).join('');
  const noisy = runGit(context, ['cat-file', '--batch-check'], { input, outputLimitBytes: 1000 });
  await rejectsWith('environment', noisy);
});

test('says that git or the directory is not there', async () => {
  const context = await makeContext();
  const withoutGit = { ...context, env: { ...context.env, PATH: makeTempDirectory('empty') } };
  await rejectsWith('no-repository', runGit(withoutGit, ['--version']));
  await rejectsWith('no-repository', runGit({ ...context, cwd: `${context.cwd}/gone` }, ['--version']));
});

test('keeps what reaches remotes and drops what names another repository', () => {
  const kept = {
    PATH: '/bin',
    SSH_AUTH_SOCK: '/s',
    GIT_SSH_COMMAND: 'ssh -i k',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'a.b',
    GIT_CONFIG_PARAMETERS: "'a.b=c'",
    GIT_TRACE_PACKET: '1',
    GIT_SSL_NO_VERIFY: '1',
  };
  const quarantine = { GIT_QUARANTINE_PATH: '/q', GIT_OBJECT_DIRECTORY: '/q', GIT_ALTERNATE_OBJECT_DIRECTORIES: '/o' };
  const dropped = { GIT_DIR: '.', GIT_WORK_TREE: '/w', GIT_INDEX_FILE: '/i', GIT_NAMESPACE: 'n', GIT_COMMON_DIR: '/c' };
  const ours = { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' };
  const given = { ...kept, ...quarantine, ...dropped, LC_ALL: 'de_DE.UTF-8', GIT_EDITOR: undefined };
  assert.equal(cleanEnvironment(given, false), { ...kept, ...ours });
  assert.equal(cleanEnvironment(given, true), { ...kept, ...quarantine, ...ours });
});

test('knows which versions of git are new enough', async () => {
  assert.is((await readGitVersion(makeTempDirectory(), sealedEnv())).isSupported, true);
  assert.equal(parseGitVersion('git version 2.39.5 (Apple Git-154)\n'), { text: '2.39.5', isSupported: true });
  for (const [version, isSupported] of [
    ['2.36.0', true],
    ['2.35.9', false],
    ['3.0.rc1', true],
    ['1.99', false],
  ] as const) {
    assert.is(parseGitVersion(`git version ${version}`).isSupported, isSupported, version);
  }
});

test.run();
