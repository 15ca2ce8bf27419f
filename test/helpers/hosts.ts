/** Repositories that clones push to and pull from, worked on by the app itself: no hook runs and nothing is started. */
import { nodeDisk } from '../../src/adapters/disk/node-disk.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../src/adapters/process/node-effects.ts';
import type { Context } from '../../src/app/clone.ts';
import { runMergeWorker } from '../../src/app/merge-worker.ts';
import { folderOf, plantCommit, plantTree } from './plant-tree.ts';
import { git, sealedEnv } from './sealed-git.ts';

/** Works on a repository that nobody has initialised, and closes it. */
export async function withContext<Result>(
  directory: string,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const repository = await openRepository(directory, { env: sealedEnv() });
  let names = 0;
  const reporter = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  const disk = nodeDisk(() => `${process.pid}-other-${names++}`);
  try {
    return await work({ repository, disk, effects: nodeEffects(), reporter });
  } finally {
    await repository.close();
  }
}

/** Merges what was pushed to a host, as its hook would. */
export async function mergeAt(host: string): Promise<void> {
  await withContext(host, (context) => runMergeWorker(context, { isForced: true }));
}

/** Points a ref of a host at a tree of these files, as only a broken or hostile program would. */
export async function plantRef(host: string, ref: string, files: Readonly<Record<string, string>>): Promise<void> {
  const commit = await plantCommit(host, await plantTree(host, folderOf(files)));
  await git(['update-ref', ref, commit], { cwd: host });
}
