/** One run from start to push and pull, for repositories of every kind; with all checks that hold in each of them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory, type RefsSnapshot, refsSnapshot } from './sealed-git.ts';
import { type CmfOptions, cmf, digestAt, makeCentral, makeSite, recordRun, settle } from './sites.ts';

/** Refs that are ours. */
const OURS = ['refs/cmf/', 'refs/cmf-local/', 'refs/notes/cmf'];

/** What belongs to the user in one work tree, whatever kind of repository it is of. */
export type UserThings = { readonly refs: RefsSnapshot; readonly config: string; readonly underWay: readonly string[] };

/** What git does over several commands leaves one of these. */
const UNDER_WAY = ['MERGE_HEAD', 'rebase-merge', 'rebase-apply', 'BISECT_LOG', 'CHERRY_PICK_HEAD', 'shallow'];

/** Takes a snapshot of what nobody but the user may change. */
export async function userThings(folder: string, env: Readonly<Record<string, string>> = {}): Promise<UserThings> {
  const paths = ['config', 'config.worktree', ...UNDER_WAY].flatMap((name) => ['--git-path', name]);
  const { stdout } = await git(['rev-parse', '--path-format=absolute', ...paths], { cwd: folder, env });
  const [config = '', own = '', ...rest] = stdout.split('\n');
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : 'absent');
  return {
    refs: await refsSnapshot(folder, OURS),
    config: read(config) + read(own),
    underWay: UNDER_WAY.filter((_, i) => existsSync(rest[i] ?? '')),
  };
}

/** How a story is told. */
export type StoryOptions = {
  /** Where `git cmf` is started; the folder itself by default. */
  readonly from?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** True where HEAD names a commit, so that there is a note to be seen. */
  readonly hasCommit?: boolean;
};

/** What was recorded, and the digest on which clone and central repository agree at the end. */
export type Story = { readonly execution: string; readonly digest: string };

/**
 * Records a run with an artifact and a metric in a work tree and exchanges it with its central repository; nothing of the
 * user's changes meanwhile. The clone is initialised already.
 */
export async function tellStory(folder: string, central: string, options: StoryOptions = {}): Promise<Story> {
  const { from = folder, env = {}, hasCommit = true } = options;
  const run = (args: readonly string[], more: CmfOptions = {}) => cmf(from, args, { env, ...more });
  // Untracked things lie in the folder already, so the pointer file beside them does not show in `git status`.
  mkdirSync(join(folder, 'story'), { recursive: true });
  for (const name of ['data.csv', 'mine']) writeFileSync(join(folder, 'story', name), `${name} of ${folder}\n`);
  const before = await userThings(folder);
  const execution = (await run(['start', '-p', 'story', '-s', 'train', '--param', 'lr=0.1'])).stdout.trim();
  await run(['log-artifact', join(folder, 'story/data.csv'), '--output']);
  assert.ok(existsSync(join(folder, 'story/data.csv.dvc')));
  await run(['log-metric', 'loss=0.5', '--step', '1']);
  assert.match((await run(['status'])).stdout, /story\/train/);
  await run(['finish']);
  await run(['push']);
  await settle(central);
  await run(['pull']);
  const digest = (await run(['digest'])).stdout;
  assert.is(digest, await digestAt(central));
  if (hasCommit) {
    const notes = await git(['log', '-1', '--notes=cmf', '--format=%N'], { cwd: folder });
    assert.match(notes.stdout, new RegExp(execution.slice(0, 18)));
  }
  assert.equal(await userThings(folder), before);
  return { execution, digest };
}

/** A new folder into which git clones with these options. */
export async function cloneWith(central: string, args: readonly string[], name = 'clone'): Promise<string> {
  const folder = join(makeTempDirectory(), name);
  await git(['clone', '--quiet', ...args, '--', `file://${central}`, folder], { cwd: makeTempDirectory() });
  await cmf(folder, ['init', '--quiet']);
  return folder;
}

/** A central repository that already holds a run of somebody else. */
export async function busyCentral(): Promise<string> {
  const central = await makeCentral();
  const other = await makeSite(central);
  await recordRun(other, { pipeline: 'other' });
  await cmf(other, ['push', '--quiet']);
  await settle(central);
  return central;
}
