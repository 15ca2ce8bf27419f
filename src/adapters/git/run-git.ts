import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CmfError } from '../../domain/errors.ts';

/** Where and how git is started: everything that is the same for all commands of one repository. */
export type GitContext = {
  /** Absolute; undefined while it is being looked for. */
  readonly gitDir: string | undefined;
  readonly worktree: string | undefined;
  /** Where git runs; a relative path on its command line starts here. */
  readonly cwd: string;
  /** Complete: nothing of this process's own environment is added. */
  readonly env: Readonly<Record<string, string>>;
  /** True when a person can answer a question for a password. */
  readonly interactive: boolean;
};

/**
 * - `plumbing`: runs no hook, starts no maintenance, asks nobody anything.
 * - `push`: the user's hooks other than pre-push stay on; may ask for a password.
 * - `fetch`: as plumbing, but may ask for a password.
 * - `plain`: git exactly as the user configured it; for reading that configuration.
 */
export type GitMode = 'plumbing' | 'push' | 'fetch' | 'plain';

/** How to run one command. */
export type GitRunOptions = {
  readonly mode?: GitMode;
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** `name=value` pairs for `git -c`. */
  readonly config?: readonly string[];
  /** After this, SIGTERM (which lets git remove its lock files), and SIGKILL two seconds later. None by default. */
  readonly timeoutMs?: number;
  /** More on stdout than this ends the command. */
  readonly outputLimitBytes?: number;
};

/** How a command ended. An exit code is a value here; each caller knows which ones mean no. */
export type GitOutput = { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string };

const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;
const STDERR_LIMIT_BYTES = 64 * 1024;
const KILL_GRACE_MS = 2_000;

const NO_MAINTENANCE = ['gc.auto=0', 'maintenance.auto=false'];
const PINNED: Readonly<Record<GitMode, readonly string[]>> = {
  plumbing: [...NO_MAINTENANCE, 'core.hooksPath=/dev/null'],
  fetch: [...NO_MAINTENANCE, 'core.hooksPath=/dev/null'],
  push: NO_MAINTENANCE,
  plain: [],
};

/** Starts git and leaves its streams to the caller. Its stdin already survives a git that ends early. */
export function startGit(
  context: GitContext,
  args: readonly string[],
  mode: GitMode = 'plumbing',
  config: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const settings = [...PINNED[mode], ...config].flatMap((setting) => ['-c', setting]);
  const place = context.gitDir === undefined ? [] : [`--git-dir=${context.gitDir}`];
  if (context.worktree !== undefined) place.push(`--work-tree=${context.worktree}`);
  const maySpeak = (mode === 'push' || mode === 'fetch') && context.interactive;
  const env = maySpeak ? context.env : { ...context.env, GIT_TERMINAL_PROMPT: '0' };
  const child = spawn('git', [...place, ...settings, ...args], { cwd: context.cwd, env, stdio: 'pipe' });
  if (!child.stdin) throw outOfFiles(child);
  // A git that ends before it has read all its input raises EPIPE here. Its exit code says why; a crash would not.
  child.stdin.on('error', () => undefined);
  return child;
}

/** node gives a child without streams, and its error event later, when this process has no file descriptors left. */
function outOfFiles(child: ChildProcess): CmfError {
  child.on('error', () => undefined);
  return new CmfError('environment', {
    message: 'git could not be started: this process has too many open files',
    hint: 'ulimit -n 4096',
  });
}

/** Runs one git command to its end. Rejects only if git cannot be started, runs too long or prints too much. */
export async function runGit(
  context: GitContext,
  args: readonly string[],
  options: GitRunOptions = {},
): Promise<GitOutput> {
  const child = startGit(context, args, options.mode, options.config);
  const ended = collect(child, args, options);
  const [output] = await Promise.all([ended, feed(child, options.input)]);
  return output;
}

async function feed(child: ChildProcessWithoutNullStreams, input: GitRunOptions['input']): Promise<void> {
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array) {
    child.stdin.end(input ?? '');
    return;
  }
  try {
    await pipeline(Readable.from(input, { objectMode: true }), child.stdin);
  } catch (error) {
    if (!isBrokenPipe(error)) {
      child.kill('SIGTERM');
      throw error;
    }
  }
}

function isBrokenPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET';
}

function collect(
  child: ChildProcessWithoutNullStreams,
  args: readonly string[],
  options: GitRunOptions,
): Promise<GitOutput> {
  const limitBytes = options.outputLimitBytes ?? OUTPUT_LIMIT_BYTES;
  const stdout = gather(child.stdout, limitBytes, () => stop('printed too much'));
  const stderr = gather(child.stderr, STDERR_LIMIT_BYTES, () => undefined);
  let stopped: string | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: string): void => {
    if (stopped !== undefined) return;
    stopped = why;
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_MS);
  };
  const { timeoutMs } = options;
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop('took too long'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(cannotStart(error)));
    child.on('exit', () => {
      // What git had started (ssh, a helper) may hold its pipes for ever.
      if (stopped !== undefined) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(killer);
      if (stopped !== undefined) reject(new CmfError('environment', { message: `git ${args[0]} ${stopped}` }));
      else resolve({ exitCode: exitCodeOf(code, signal), stdout: stdout(), stderr: stderr().toString() });
    });
  });
}

/** Keeps a stream's first bytes up to the limit and drops the rest, so that git is never blocked by us. */
function gather(stream: Readable, limitBytes: number, onExcess: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes + chunk.length <= limitBytes) chunks.push(chunk);
    else onExcess();
    sizeBytes += chunk.length;
  });
  return () => Buffer.concat(chunks);
}

/** The exit code as a shell would show it: 128 + n after signal n. */
function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** The typed form of node's error for a program that did not start. */
export function cannotStart(error: Error): CmfError {
  if (!('code' in error) || error.code !== 'ENOENT') {
    return new CmfError('environment', { message: `git could not be started: ${error.message}`, cause: error });
  }
  return new CmfError('no-repository', {
    message: 'git was not found, or the directory it should run in is gone',
    hint: 'install git 2.36 or newer; `git --version` shows what is there',
    cause: error,
  });
}
