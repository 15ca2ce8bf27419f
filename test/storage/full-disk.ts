import { spawnSync } from 'node:child_process';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

/** A file system of so many bytes; undefined where only an administrator may make one. */
export function smallFileSystem(sizeBytes: number): { readonly path: string; readonly stop: () => void } | undefined {
  const path = makeTempDirectory('small');
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'git-cmf-test', path]);
  if (made.status !== 0) return undefined;
  return { path, stop: () => void spawnSync('umount', [path]) };
}
