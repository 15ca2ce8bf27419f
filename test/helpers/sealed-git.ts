import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Seconds since the epoch of every commit that a test makes, unless it says otherwise. */
export const FIXED_TIME_SECONDS = 1_704_067_200;

let sealedRoot: string | undefined;

/** One temporary folder per process, removed when the process ends. */
function rootDirectory(): string {
  if (sealedRoot !== undefined) return sealedRoot;
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'git-cmf-test-'));
  mkdirSync(join(root, 'home'));
  writeFileSync(
    join(root, 'gitconfig'),
    '[user]\n\tname = Test Person\n\temail = test@example.invalid\n' +
      '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n',
  );
  process.on('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  sealedRoot = root;
  return root;
}

/** A new empty directory (real path, no symbolic links in it), removed when the process ends. */
export function makeTempDirectory(name = 'dir'): string {
  return mkdtempSync(join(rootDirectory(), `${name}-`));
}

/** An environment in which nothing of this machine's or this user's git configuration can be seen. */
export function sealedEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const root = rootDirectory();
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(root, 'home'),
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(root, 'gitconfig'),
    GIT_AUTHOR_DATE: `${FIXED_TIME_SECONDS} +0000`,
    GIT_COMMITTER_DATE: `${FIXED_TIME_SECONDS} +0000`,
    GIT_TERMINAL_PROMPT: '0',
    ...repositoryFormats(),
    ...extra,
  };
}

/** Another kind of repository for a whole run of the tests, where git knows it (`.ci/test-newer-git`). */
function repositoryFormats(): Record<string, string> {
  const refs = process.env['GIT_DEFAULT_REF_FORMAT'];
  return refs === undefined ? {} : { GIT_DEFAULT_REF_FORMAT: refs };
}

/** What a sealed program printed and how it ended. `stdout` is UTF-8 text, `stdoutBytes` what was really printed. */
export type Finished = {
  readonly stdout: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderr: string;
  /** 128 + the signal's number is not imitated: -1 when a signal ended it. */
  readonly exitCode: number;
};

/** How to start a sealed program. */
export type StartOptions = {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  /** The exit code the test counts on, 0 by default; `any` accepts all. */
  readonly expectExit?: number | 'any';
  readonly env?: Readonly<Record<string, string>>;
};

let gitProgram = 'git';

/** Lets `git` below start this program, for tests in whose PATH stands a git that must not be started. */
export function startGitAs(path: string): void {
  gitProgram = path;
}

/** Runs git in the sealed environment. An exit code other than the expected one fails the test with all it printed. */
export function git(args: readonly string[], options: StartOptions): Promise<Finished> {
  return runSealed(gitProgram, args, options);
}

/** Runs any program in the sealed environment, under the same rules as `git`. */
export async function runSealed(program: string, args: readonly string[], options: StartOptions): Promise<Finished> {
  const child = spawn(program, args, { cwd: options.cwd, env: sealedEnv(options.env), stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined); // EPIPE: the program ended before it read its input; its exit code tells why.
  child.stdin.end(options.input ?? '');
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const stdoutBytes = Buffer.concat(stdout);
  const finished = { stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(stderr).toString(), exitCode };
  const expected = options.expectExit ?? 0;
  if (expected !== 'any' && exitCode !== expected) throw new Error(describe(program, args, options.cwd, finished));
  return finished;
}

function describe(program: string, args: readonly string[], cwd: string, finished: Finished): string {
  return [
    `${program} ${args.join(' ')} exited ${finished.exitCode} in ${cwd}`,
    `--- stdout\n${finished.stdout}`,
    `--- stderr\n${finished.stderr}`,
  ].join('\n');
}

/** What kind of repository to make. */
export type RepositoryShape = { readonly bare?: boolean; readonly objectFormat?: 'sha1' | 'sha256' };

/** Makes an empty repository and returns its directory. */
export async function makeRepository(shape: RepositoryShape = {}): Promise<string> {
  const directory = makeTempDirectory(shape.bare === true ? 'bare' : 'repo');
  const args = ['init', '--quiet', `--object-format=${shape.objectFormat ?? 'sha1'}`];
  await git(shape.bare === true ? [...args, '--bare'] : args, { cwd: directory });
  return directory;
}

/** Writes the files, stages exactly them and commits; returns the commit's id. Not for bare repositories. */
export async function makeCommit(
  repository: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  message = 'commit',
): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), content);
  }
  if (Object.keys(files).length > 0) await git(['add', '--force', '--', ...Object.keys(files)], { cwd: repository });
  await git(['commit', '--quiet', '--allow-empty', '-m', message], { cwd: repository });
  return (await git(['rev-parse', 'HEAD'], { cwd: repository })).stdout.trim();
}

/** All of a repository that belongs to its user, as plain values to compare with `assert.equal`. */
export type RefsSnapshot = {
  readonly refs: readonly string[];
  readonly head: string;
  readonly indexSha256: string;
  readonly status: string;
  readonly hasFetchHead: boolean;
};

/** Takes a snapshot of what nobody but the user may change; refs under the given prefixes are left out. */
export async function refsSnapshot(repository: string, exceptPrefixes: readonly string[] = []): Promise<RefsSnapshot> {
  const quiet = { cwd: repository, env: { GIT_OPTIONAL_LOCKS: '0' } };
  const listed = (await git(['for-each-ref', '--format=%(refname) %(objectname) %(symref)'], quiet)).stdout;
  const [gitDir = '', isBare] = (
    await git(['rev-parse', '--absolute-git-dir', '--is-bare-repository'], quiet)
  ).stdout.split('\n');
  const index = join(gitDir, 'index');
  const isOurs = (line: string): boolean => exceptPrefixes.some((prefix) => line.startsWith(prefix));
  return {
    refs: listed.split('\n').filter((line) => line !== '' && !isOurs(line)),
    head: readFileSync(join(gitDir, 'HEAD'), 'utf8'),
    indexSha256: existsSync(index) ? createHash('sha256').update(readFileSync(index)).digest('hex') : 'none',
    status: isBare === 'true' ? 'bare' : (await git(['status', '--porcelain=v2', '-z'], quiet)).stdout,
    hasFetchHead: existsSync(join(gitDir, 'FETCH_HEAD')),
  };
}
