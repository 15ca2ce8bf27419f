import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CmfError } from '../../domain/errors.ts';
import { checkRefName } from '../../domain/ref-name.ts';
import type { Oid, RepositoryLayout } from '../../ports/git.ts';
import type { BundleHeader, BundleRoom, GitBundles } from '../../ports/git-bundles.ts';
import { HEADER_BYTES_MAX, parseBundleHeader } from './bundle-header.ts';
import { cleanEnvironment, type Environment } from './git-environment.ts';
import { gitFailed, reasonOf } from './git-failure.ts';
import { openRepository } from './open-repository.ts';
import { type GitContext, runGit } from './run-git.ts';

/**
 * What a stranger's pack may ask of memory: large files go through a small window, and no single piece may be larger than
 * this. The largest honest one is git's own table of objects, about 100 bytes each.
 */
const GUARDS = { config: ['core.bigFileThreshold=1m'], allocationMax: '1g' };

/** Bundles of a repository that has been opened. */
export function openGitBundles(layout: RepositoryLayout, env: Environment): GitBundles {
  return {
    readHeader: async (file) => readHeader(file),
    save,
    read: (file) => fs.createReadStream(file),
    openRoom: (directory) => openRoom(layout, env, directory),
  };
}

function readHeader(file: string): BundleHeader {
  const start = Buffer.alloc(HEADER_BYTES_MAX);
  const length = attempt(file, () => {
    const handle = fs.openSync(file, 'r');
    try {
      return fs.readSync(handle, start, 0, start.length, 0);
    } finally {
      fs.closeSync(handle);
    }
  });
  return parseBundleHeader(start.subarray(0, length));
}

async function save(input: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const handle = attempt(file, () => fs.openSync(file, 'wx', 0o600));
  try {
    // What comes may never end, so it is looked at before it is all here.
    let start: Buffer | undefined = Buffer.alloc(0);
    for await (const bytes of input) {
      attempt(file, () => writeAll(handle, bytes));
      if (start === undefined) continue;
      start = Buffer.concat([start, bytes.subarray(0, HEADER_BYTES_MAX - start.length)]);
      if (start.length < HEADER_BYTES_MAX && !start.includes('\n\n')) continue;
      parseBundleHeader(start);
      start = undefined;
    }
    if (start !== undefined) parseBundleHeader(start);
  } finally {
    fs.closeSync(handle);
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += fs.writeSync(handle, bytes, from);
}

async function openRoom(layout: RepositoryLayout, env: Environment, directory: string): Promise<BundleRoom> {
  const remove = () => attempt(directory, () => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  remove();
  const clean = { ...cleanEnvironment(env, false), GIT_ALLOC_LIMIT: GUARDS.allocationMax };
  const outside = { gitDir: undefined, worktree: undefined, cwd: layout.commonDir, env: clean, interactive: false };
  // No templates: they may hold hooks.
  const init = ['init', '--quiet', '--bare', '--template=', `--object-format=${layout.objectFormat}`, directory];
  const made = await runGit(outside, init);
  if (made.exitCode !== 0) throw gitFailed(`make a repository at ${directory}`, made);
  attempt(directory, () => {
    fs.mkdirSync(join(directory, 'objects/info'), { recursive: true });
    fs.writeFileSync(join(directory, 'objects/info/alternates'), `${layout.commonDir}/objects\n`);
  });
  const context: GitContext = { ...outside, gitDir: directory, cwd: directory };
  const repository = await openRepository(directory, { env: clean });
  return {
    directory,
    repository,
    unpack: (file, header) => unpack(context, file, header),
    pack: (file, refs, without) => pack(context, file, refs, without),
    close: async () => {
      await repository.close();
      remove();
    },
  };
}

async function unpack(context: GitContext, file: string, { needs, refs }: BundleHeader): Promise<void> {
  for (const { name } of refs) checkRefName(name);
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--refmap=', '--'];
  const specs = refs.map(({ name }) => `+${name}:${name}`);
  const output = await runGit(context, ['fetch', ...options, file, ...specs], { config: GUARDS.config });
  if (/lacks these prerequisite commits/.test(output.stderr)) throw lacksEarlier(file);
  if (output.exitCode !== 0) throw notWhole(file, output.stderr);
  const listed = ['rev-list', '--count', ...refs.map(({ oid }) => oid), '--not', ...needs];
  const counted = await runGit(context, listed);
  if (counted.exitCode !== 0) throw notWhole(file, counted.stderr);
  const tips = new Set(refs.map(({ oid }) => oid)).size;
  if (Number(counted.stdout.toString()) <= tips) return;
  throw new CmfError('refused', {
    message: `${file} holds a history; a bundle of git cmf holds one commit for each of its refs`,
    hint: 'make it with git cmf bundle create',
  });
}

function lacksEarlier(file: string): CmfError {
  return new CmfError('not-found', {
    message: `${file} holds only what came after an earlier bundle, and that one has not been applied here`,
    hint: 'git cmf bundle apply the earlier one first, or make a whole one: git cmf bundle create FILE, without --since',
  });
}

function notWhole(file: string, stderr: string): CmfError {
  return new CmfError('damaged', {
    message: `${file} is not a whole bundle: ${reasonOf(stderr)}`,
    hint: 'compare it with the file that was made (sha256sum), and copy it again',
  });
}

/** git would leave a half-written file, or a lock beside it, where it is killed. */
async function pack(
  context: GitContext,
  file: string,
  refs: readonly string[],
  without: readonly Oid[],
): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${process.pid}.part`);
  attempt(folder, () => fs.accessSync(folder, fs.constants.W_OK));
  try {
    const args = ['bundle', 'create', '--quiet', temporary, ...refs, ...without.map((oid) => `^${oid}`)];
    const output = await runGit(context, args);
    if (output.exitCode !== 0) throw gitFailed(`write ${file}`, output);
    attempt(file, () => {
      synchronise(temporary);
      fs.renameSync(temporary, file);
      synchronise(folder);
    });
  } finally {
    for (const left of [temporary, `${temporary}.lock`]) fs.rmSync(left, { force: true });
  }
}

function synchronise(path: string): void {
  const handle = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CmfError('not-found', { message: `there is no ${path}`, cause });
    const reasons: Readonly<Record<string, string>> = {
      EISDIR: 'is a folder, not a file',
      EACCES: 'permission denied',
      ENOSPC: 'the disk is full',
      EROFS: 'the disk can only be read',
    };
    throw new CmfError('environment', { message: `${path}: ${reasons[code ?? ''] ?? message}`, cause });
  }
}
