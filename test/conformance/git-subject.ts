import * as assert from 'uvu/assert';
import type { GitRepository, Oid, TreeChange } from '../../src/ports/git.ts';
import { refsSnapshot } from '../helpers/sealed-git.ts';

/** A repository on disk, and the implementation under test opened on it. */
export type GitSubject = {
  readonly directory: string;
  readonly repository: GitRepository;
  /** True if it cannot run the hooks of a repository on this machine, and so must refuse to push past them. */
  readonly refusesHooks?: boolean;
};

/** Makes a new subject. Where there is a work tree, it has one commit with the tracked file `code.py`. */
export type GitSubjectFactory = () => Promise<GitSubject>;

/** All that the suites write stands under this prefix; anything else that changes fails the test. */
export const OURS = 'refs/ours/';

/**
 * Runs the body on a new subject and closes it; afterwards nothing of the user's side may have changed and nothing may
 * have been left over.
 */
export async function withSubject(
  make: GitSubjectFactory,
  body: (subject: GitSubject) => Promise<void>,
): Promise<void> {
  const subject = await make();
  const before = await refsSnapshot(subject.directory, [OURS]);
  try {
    await body(subject);
  } finally {
    await subject.repository.close();
  }
  assert.equal(await refsSnapshot(subject.directory, [OURS]), before, 'the user’s side of the repository changed');
}

/** Writes one commit with these changes and fails the test if the ref did not move. */
export async function commitChanges(
  { repository }: GitSubject,
  ref: string,
  expected: Oid | undefined,
  changes: readonly TreeChange[],
): Promise<{ readonly commit: Oid; readonly tree: Oid }> {
  const parents = expected === undefined ? [] : [expected];
  const request = { ref, expected, parents, changes, message: 'test', timeSeconds: 1_704_067_200 };
  const result = await repository.writer.commit(request);
  if (result.kind !== 'moved') throw new Error(`the commit on ${ref} ended as ${result.kind}`);
  return result;
}

/** An id that no object of the repository has. */
export function absentOid({ repository }: GitSubject): Oid {
  return 'ab'.repeat(repository.layout.objectFormat === 'sha1' ? 20 : 32) as Oid;
}

/** Fails unless the promise rejects with a CmfError of this code. */
export async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Error && 'code' in error ? `${error.name} ${error.code}` : String(error)),
  );
  assert.is(outcome, `CmfError ${code}`);
}
