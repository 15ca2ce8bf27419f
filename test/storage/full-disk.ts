import { spawnSync } from 'node:child_process';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

/** A file system of so many bytes. Fails where this user may not make one: a test that passes unseen shows nothing. */
export function smallFileSystem(sizeBytes: number): {
  readonly path: string;
  readonly grow: (sizeBytes: number) => void;
  readonly stop: () => void;
} {
  const path = makeTempDirectory('small');
  const words = ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'git-cmf-test', path];
  const { status, stderr } = spawnSync('mount', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`these tests need an administrator, who may mount a file system: ${stderr}`);
  const grow = (bytes: number) => void spawnSync('mount', ['-o', `remount,size=${bytes}`, path]);
  return { path, grow, stop: () => void spawnSync('umount', [path]) };
}
