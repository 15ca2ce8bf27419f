import { join } from 'node:path';
import { openRepository } from '../../../src/adapters/git/open-repository.ts';
import type { GitSubject, GitSubjectFactory } from '../../conformance/git-subject.ts';
import {
  git,
  makeCommit,
  makeRepository,
  makeTempDirectory,
  type RepositoryShape,
  sealedEnv,
} from '../../helpers/sealed-git.ts';

/** Subjects whose repository is opened by the adapter that starts git. */
export function spawnedGitSubject(shape: RepositoryShape): GitSubjectFactory {
  return async () => {
    const directory = await makeRepository(shape);
    if (shape.bare !== true) await makeCommit(directory, { 'code.py': 'print(1)\n' });
    return open(directory);
  };
}

/** Subjects in a second work tree of a repository. */
export function linkedWorktreeSubject(): GitSubjectFactory {
  return async () => {
    const main = await makeRepository();
    await makeCommit(main, { 'code.py': 'print(1)\n' });
    const directory = join(makeTempDirectory('linked'), 'tree');
    await git(['worktree', 'add', '--quiet', directory, '-b', 'side'], { cwd: main });
    return open(directory);
  };
}

async function open(directory: string): Promise<GitSubject> {
  return { directory, repository: await openRepository(directory, { env: sealedEnv() }) };
}
