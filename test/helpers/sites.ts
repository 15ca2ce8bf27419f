/**
 * Sites for system tests: a code repository, clones of it that record, and central repositories that merge. Everything
 * runs the real git and the built program in the sealed environment.
 */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readView } from '../../src/app/read-state.ts';
import { openContext } from '../../src/compose.ts';
import type { View } from '../../src/domain/view.ts';
import { type Finished, git, makeCommit, makeRepository, makeTempDirectory, runSealed } from './sealed-git.ts';

/** The top of the project. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const SETTLE_MS = 60_000;
const POLL_MS = 50;
const SILENT = { warn: () => undefined, note: () => undefined, progress: () => undefined };

/** How to start `git cmf`. */
export type CmfOptions = {
  /** The exit code the test counts on, 0 by default; `any` accepts all. */
  readonly expectExit?: number | 'any';
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
};

/** The environment in which git finds `git cmf`. */
export function cmfEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: `${join(ROOT, 'bin')}${delimiter}${process.env['PATH'] ?? '/usr/bin:/bin'}`, ...extra };
}

/** Runs `git cmf` in a folder. An exit code other than the expected one fails the test with all it printed. */
export function cmf(folder: string, args: readonly string[], options: CmfOptions = {}): Promise<Finished> {
  return runSealed('git', ['cmf', ...args], { ...options, cwd: folder, env: cmfEnv(options.env) });
}

/** A JSON document of a reading command. */
export type JsonDocument = { readonly schema: string; readonly items: readonly Readonly<Record<string, unknown>>[] };

/** What a reading command prints with `--json`. */
export async function cmfJson(folder: string, args: readonly string[]): Promise<JsonDocument> {
  return JSON.parse((await cmf(folder, [...args, '--json'])).stdout) as JsonDocument;
}

/** A bare repository that holds some code; with hooks it merges what is pushed to it. */
export async function makeCentral(options: { readonly hooks?: boolean } = {}): Promise<string> {
  const central = await makeRepository({ bare: true });
  const code = await makeRepository();
  await makeCommit(code, { 'train.py': 'print(1)\n', 'README.md': '# a project\n' });
  await git(['push', '--quiet', central, 'HEAD:refs/heads/main'], { cwd: code });
  if (options.hooks ?? true) await cmf(central, ['server', 'install']);
  return central;
}

/** A clone that records. */
export async function makeSite(central: string): Promise<string> {
  const site = makeTempDirectory('site');
  // --no-local: only what is asked for comes over, as from another machine.
  await git(['clone', '--quiet', '--no-local', central, site], { cwd: site });
  await cmf(site, ['init', '--quiet']);
  return site;
}

/** Several clones that record. */
export function makeSites(central: string, count: number): Promise<string[]> {
  return inParallel(
    Array.from({ length: count }, (_, i) => i),
    4,
    () => makeSite(central),
  );
}

/** Works on all items, at most `limit` at a time; results are in the order of the items. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next[0]] = await work(next[1], next[0]);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

/** One operation for `git cmf record --stdin`. */
export type RecordLine = Readonly<Record<string, unknown>> & { readonly op: string };

/** Feeds operations to `git cmf record --stdin`; returns the ids of the executions that were started. */
export async function record(site: string, lines: readonly RecordLine[]): Promise<string[]> {
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const { stdout } = await cmf(site, ['record', '--stdin'], { input });
  const answers = stdout.split('\n').filter((line) => line !== '');
  return answers.map((line) => (JSON.parse(line) as { execution: string }).execution);
}

/** What a recorded run is to hold. */
export type RunWish = {
  readonly pipeline?: string;
  readonly stage?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly uses?: readonly Readonly<Record<string, unknown>>[];
};

/** The lines of a whole run. */
export function runLines(wish: RunWish = {}): RecordLine[] {
  const { pipeline = 'spam', stage = 'train', params = { lr: 0.1 }, metrics = { loss: 0.5 }, uses = [] } = wish;
  return [
    { op: 'start', pipeline, stage, params },
    { op: 'metric', values: metrics, step: 1 },
    ...uses.map((use) => ({ op: 'use', ...use })),
    { op: 'finish', status: 'succeeded' },
  ];
}

/** Records a run that starts and finishes; returns its execution's id. */
export async function recordRun(site: string, wish: RunWish = {}): Promise<string> {
  const [execution] = await record(site, runLines(wish));
  if (execution === undefined) throw new Error('record --stdin answered no execution');
  return execution;
}

/** A digest for `use` lines: the same text names the same content. */
export function md5Of(text: string): string {
  return `md5:${Buffer.from(text).toString('hex').padEnd(32, '0').slice(0, 32)}`;
}

/** The digest of all that is known in a repository, as printed. Fails the test where something is missing. */
export async function digestAt(folder: string): Promise<string> {
  return (await cmf(folder, ['digest'])).stdout;
}

/** The tree of what a central repository merged. */
export function mergedTree(central: string): Promise<string> {
  return revParse(central, 'refs/cmf/merged/all^{tree}');
}

/** The tree of what a clone learned from others. */
export function knownTree(site: string): Promise<string> {
  return revParse(site, 'refs/cmf-local/known^{tree}');
}

/** Resolves a revision. */
export async function revParse(folder: string, revision: string): Promise<string> {
  return (await git(['rev-parse', '--verify', revision], { cwd: folder })).stdout.trim();
}

/** All that is known in a repository. Reads only. */
export async function viewAt(folder: string): Promise<View> {
  const context = await openContext(folder, process, SILENT);
  try {
    return await readView(context);
  } finally {
    await context.repository.close();
  }
}

/** Every object that a repository holds, reachable or not. */
export async function objectsIn(folder: string): Promise<Set<string>> {
  const args = ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'];
  return new Set((await git(args, { cwd: folder })).stdout.split('\n').filter((line) => line !== ''));
}

/** Waits until the worker that a push started has merged every journal that is there, and has ended. */
export async function settle(central: string): Promise<void> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const busy = ['merge-wanted', 'lock/merge'].filter((name) => existsSync(join(central, 'cmf', name)));
    const missing = [...busy, ...(await notMerged(central))];
    if (missing.length === 0) return;
    if (Date.now() > until) throw new Error(`not merged after ${SETTLE_MS} ms in ${central}:\n${missing.join('\n')}`);
    await sleep(POLL_MS);
  }
}

/** What `merged/*` lacks of the journals: places that do not hold the tree they must, one line each. */
async function notMerged(central: string): Promise<string[]> {
  const expected = new Map<string, string>();
  const format = '--format=%(refname:lstrip=3) %(tree)';
  const listed = await git(['for-each-ref', format, 'refs/cmf/journal/'], { cwd: central });
  for (const line of listed.stdout.split('\n').filter((text) => text !== '')) {
    const [writer = '', tree = ''] = line.split(' ');
    const place = `${writer.slice(0, 2)}/${writer}`;
    expected.set(`refs/cmf/merged/all:${place}`, tree);
    const buckets = await git(['ls-tree', '--format=%(path) %(objectname)', `${tree}:seg`], { cwd: central });
    for (const entry of buckets.stdout.split('\n').filter((text) => text !== '')) {
      const [bucket = '', oid = ''] = entry.split(' ');
      if (bucket !== '_') expected.set(`refs/cmf/merged/p/${bucket}:${place}/seg/${bucket}`, oid);
    }
  }
  const found = await git(['cat-file', '--batch-check=%(objectname)'], {
    cwd: central,
    input: [...expected.keys()].map((name) => `${name}\n`).join(''),
  });
  const answers = found.stdout.split('\n');
  return [...expected].flatMap(([name, oid], i) => (answers[i] === oid ? [] : [`${name} is not ${oid}`]));
}
