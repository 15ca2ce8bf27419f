import { CmfError } from '../../domain/errors.ts';
import type { HistoryCommit, Oid } from '../../ports/git.ts';
import type { Nodegit, Repository } from './nodegit-api.ts';

const COMMITS_AT_ONCE = 500;

/** The commit that a revision stands for, through tags; undefined when there is none. */
export async function commitOf(nodegit: Nodegit, repository: Repository, revision: string): Promise<Oid | undefined> {
  try {
    return (await nodegit.Revparse.single(repository, `${revision}^{commit}`)).id().toString() as Oid;
  } catch {
    return undefined;
  }
}

/** Every commit that the tips reach. A tip of no commit, such as a tag of a blob, reaches nothing. */
export async function* history(
  nodegit: Nodegit,
  repository: Repository,
  tips: readonly Oid[],
): AsyncGenerator<HistoryCommit, void, undefined> {
  const walk = nodegit.Revwalk.create(repository);
  try {
    for (const tip of tips) {
      const commit = await commitOf(nodegit, repository, tip);
      if (commit !== undefined) walk.push(nodegit.Oid.fromString(commit));
      // What is no commit must be there all the same.
      else await nodegit.Revparse.single(repository, tip);
    }
    for (;;) {
      const handles = await walk.fastWalk(COMMITS_AT_ONCE);
      for (const handle of handles) {
        const commit = await nodegit.Commit.lookup(repository, handle);
        yield {
          commit: handle.toString() as Oid,
          tree: commit.treeId().toString() as Oid,
          parents: commit.parents().map((parent) => parent.toString() as Oid),
          timeSeconds: commit.time(),
        };
      }
      if (handles.length < COMMITS_AT_ONCE) return;
    }
  } catch (error) {
    throw new CmfError('damaged', {
      message: `an object is missing: ${String(error)}`,
      hint: 'git fsck',
      cause: error,
    });
  }
}
