/** The real DVC, in an environment in which it tells nobody anything and finds nothing of this machine. */
import { hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Finished, makeRepository, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { type CmfOptions, cmf, cmfEnv, cmfJson } from '../helpers/sites.ts';

let own: Readonly<Record<string, string>> | undefined;

/** What DVC must be told, so that two runs of a test do not meet in some folder of this machine. */
export function dvcEnv(): Readonly<Record<string, string>> {
  own ??= {
    // It would start a process that outlives it, to report how it is used, and another to look for a newer version.
    DVC_NO_ANALYTICS: '1',
    CI: 'true',
    DVC_SITE_CACHE_DIR: makeTempDirectory('dvc-site'),
    DVC_SYSTEM_CONFIG_DIR: makeTempDirectory('dvc-system'),
    DVC_GLOBAL_CONFIG_DIR: makeTempDirectory('dvc-user'),
  };
  return own;
}

/** Runs `dvc` in a folder. An exit code other than the expected one fails the test with all it printed. */
export function dvc(folder: string, args: readonly string[], options: CmfOptions = {}): Promise<Finished> {
  return runSealed('dvc', args, { ...options, cwd: folder, env: { ...cmfEnv(), ...dvcEnv(), ...options.env } });
}

/** A repository in which one of the two programs begins. */
export async function makeDvcRepository(by: 'git cmf' | 'dvc'): Promise<string> {
  const root = await makeRepository();
  if (by === 'dvc') await dvc(root, ['init', '--quiet']);
  else await cmf(root, ['init', '--quiet']);
  return root;
}

/** What `dvc status` finds changed: nothing when all is as its pointers say. */
export async function dvcStatus(
  folder: string,
  args: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await dvc(folder, ['status', '--json', ...args])).stdout);
}

/** What `dvc data status` finds, member by member. */
export async function dvcDataStatus(folder: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await dvc(folder, ['data', 'status', '--json', '--granular'])).stdout);
}

/** Neither program finds anything changed in a repository, or missing in its cache. */
export async function assertClean(root: string): Promise<void> {
  assert.equal(await dvcStatus(root), {});
  const { items } = await cmfJson(root, ['artifact', 'status']);
  assert.ok(items.length > 0);
  assert.equal(
    // Null: nothing of it is to be there.
    items.filter(({ state, notInCache }) => state !== 'clean' || (notInCache !== 0 && notInCache !== null)),
    [],
  );
}

/** Longer contents are compared by their hash, so that a difference can be read. */
const SHOWN_BYTES = 200;

/** Contents by path. */
export type Data = Readonly<Record<string, string>>;

/** All data below a folder, links followed as DVC follows them; pointers and `.gitignore` lines are no data. */
export function dataIn(folder: string): Data {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.dvc') && name !== '.gitignore' && name !== '.git') addData(folder, name, found);
  }
  return found;
}

function addData(folder: string, relpath: string, found: Record<string, string>): void {
  const path = join(folder, relpath);
  const stats = statSync(path);
  if (stats.isFile()) {
    // DVC keeps whether a file that was added by itself may be executed, and not that of a file in a folder.
    const mayRun = !relpath.includes('/') && (stats.mode & 0o100) !== 0;
    const bytes = readFileSync(path);
    const content = bytes.length <= SHOWN_BYTES ? bytes.toString('latin1') : hash('sha256', bytes);
    found[relpath] = `${mayRun ? 'executable ' : ''}${content}`;
    return;
  }
  if (lstatSync(path).isSymbolicLink()) return;
  const names = readdirSync(path).sort();
  if (names.length === 0 && !relpath.includes('/')) found[relpath] = 'an empty folder';
  for (const name of names) addData(folder, `${relpath}/${name}`, found);
}

/** Data that can be brought back: without what `.dvcignore` of the odd content hides. */
export function trackedData(folder: string): Data {
  const isHidden = (path: string): boolean =>
    /^ignoring\/(?:.*\/)?(?:dropped\.log|cache\/.*)$|^\.dvcignore$/.test(path);
  return Object.fromEntries(Object.entries(dataIn(folder)).filter(([path]) => !isHidden(path)));
}

/** The pointers of a folder, with their texts. */
export function pointersIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.dvc') && name !== '.dvc');
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Removes the data that has a pointer in a folder. */
export function removeTracked(folder: string): void {
  for (const name of Object.keys(pointersIn(folder))) {
    rmSync(join(folder, name.replace(/\.dvc$/, '')), { recursive: true });
  }
}
