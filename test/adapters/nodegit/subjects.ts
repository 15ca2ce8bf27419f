/** Repositories opened inside this process, in a process that has no git to start. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assembleRepository } from '../../../src/adapters/git/assemble-repository.ts';
import { locate } from '../../../src/adapters/nodegit/locate.ts';
import { openNodegit } from '../../../src/adapters/nodegit/open-nodegit.ts';
import { gitConformance } from '../../conformance/git.ts';
import type { GitSubject } from '../../conformance/git-subject.ts';
import { hideGit } from '../../helpers/no-git.ts';
import { sealedEnv } from '../../helpers/sealed-git.ts';

/** Runs the suite of the git port, and then checks that it started no git. */
export function conformWithoutGit(title: string, makeDirectory: () => Promise<string>): void {
  const { startedGits } = hideGit();
  gitConformance(title, async () => openSubject(await makeDirectory()));
  const it = suite(`${title}: git`);
  it('was never started', () => {
    assert.equal(startedGits(), []);
  });
  it.run();
}

/** Opens a repository without any git. */
export async function openSubject(directory: string): Promise<GitSubject> {
  const located = locate(directory, sealedEnv());
  if (located === undefined) throw new Error(`no repository at ${directory}`);
  const repository = assembleRepository(await openNodegit(directory, located, sealedEnv()));
  return { directory, repository, refusesHooks: true };
}
