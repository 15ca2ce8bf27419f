/** The same files in two repositories: one for git cmf, one for DVC itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Place, Unmeasured } from './bench-case.ts';

/** How much is measured: what the environment says, for a try with less. */
export function amount(variable: string, otherwise: number): number {
  return Number(process.env[variable] ?? otherwise);
}

/** The shape of dvc-bench's `mnist`. */
export const FILES = amount('CMF_BENCH_FILES', 70_000);
const FOLDERS = 10;
const FILE_BYTES = 280;

export type BesideDvc = {
  readonly ours: { readonly folder: string; readonly program: string };
  readonly theirs: { readonly folder: string; readonly program: string; readonly env: NodeJS.ProcessEnv };
};

/**
 * Makes both repositories, with nothing added.
 * @param make makes the files in a repository; unless given, many small ones in `d`
 */
export function openBesideDvc(
  { root, folder }: Place,
  make: (repository: string) => void = makeSmall,
): BesideDvc | Unmeasured {
  const dvc = findDvc();
  if (dvc === undefined) {
    return { unmeasured: 'DVC is not installed: put dvc on PATH, or a venv with it into ~/.cache/git-cmf/dvc-venv' };
  }
  const ours = { folder: join(folder, 'ours'), program: join(root, 'bin/git-cmf') };
  const env = { ...process.env, DVC_NO_ANALYTICS: '1', DVC_SITE_CACHE_DIR: join(folder, 'site') };
  const theirs = { folder: join(folder, 'theirs'), program: dvc, env };
  for (const path of [ours.folder, theirs.folder]) {
    execFileSync('git', ['init', '-q', path]);
    make(path);
  }
  execFileSync(process.execPath, [ours.program, 'init', '-q'], { cwd: ours.folder });
  execFileSync(dvc, ['init', '-q'], { cwd: theirs.folder, env });
  return { ours, theirs };
}

function findDvc(): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return ['dvc', join(cache, 'git-cmf/dvc-venv/bin/dvc')].find((program) => {
    return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  });
}

function makeSmall(repository: string): void {
  const top = join(repository, 'd');
  for (let i = 0; i < FOLDERS; i++) mkdirSync(join(top, `${i}`), { recursive: true });
  for (let i = 0; i < FILES; i++) {
    writeFileSync(join(top, `${i % FOLDERS}`, `${String(i).padStart(5, '0')}.png`), `${i} `.padEnd(FILE_BYTES, 'x'));
  }
}

/** Leaves of an add nothing but the files themselves. */
export function forget({ folder }: { readonly folder: string }, ...more: readonly string[]): void {
  const paths = ['.dvc/cache', 'd.dvc', '.git/cmf/hashes', '.git/cmf/folders', ...more].map((path) =>
    join(folder, path),
  );
  setAside(dirname(folder), paths);
}

/**
 * Takes files and folders away, and waits for the disk. Nothing is removed: ext4 makes new files several times as slowly for a
 * while after many were.
 * @param place outside of all repositories
 */
export function setAside(place: string, paths: readonly string[]): void {
  const aside = join(place, 'aside');
  mkdirSync(aside, { recursive: true });
  for (const path of paths.filter((one) => existsSync(one))) {
    renameSync(path, join(aside, `${readdirSync(aside).length}`));
  }
  execFileSync('sync');
}

/** The least that finding out about a change takes. */
export function statAll({ folder }: { readonly folder: string }): void {
  for (const name of readdirSync(join(folder, 'd'))) {
    const path = join(folder, 'd', name);
    for (const file of readdirSync(path)) statSync(`${path}/${file}`);
  }
}
