import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import { git, makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

const test = suite('concurrent commits');

const REF = 'refs/ours/journal';
const COMMITTERS = 16;
const COMMITS_EACH = 2;

async function commitUntilMoved(repository: GitRepository, path: string): Promise<Oid> {
  for (;;) {
    const expected = await repository.refs.resolve(REF);
    const parents = expected === undefined ? [] : [expected];
    const changes = [{ path, bytes: path }];
    const request = { ref: REF, expected, parents, changes, message: path, timeSeconds: 0 };
    const result = await repository.writer.commit(request);
    if (result.kind === 'moved') return result.commit;
    assert.is(result.kind, 'lost');
  }
}

test(`${COMMITTERS} committers, each with its own processes, lose no commit and leave nothing over`, async () => {
  const directory = await makeRepository({ bare: true });
  const committer = async (name: string): Promise<Oid[]> => {
    const repository = await openRepository(directory, { env: sealedEnv() });
    const commits: Oid[] = [];
    for (let i = 0; i < COMMITS_EACH; i += 1) commits.push(await commitUntilMoved(repository, `${name}/${i}`));
    await repository.close();
    return commits;
  };
  const names = Array.from({ length: COMMITTERS }, (_, i) => `c${String(i).padStart(2, '0')}`);
  const commits = (await Promise.all(names.map(committer))).flat();
  const chain = (await git(['rev-list', REF], { cwd: directory })).stdout.trim().split('\n');
  assert.equal(chain.toSorted(), commits.toSorted());
  const files = (await git(['ls-tree', '-r', '--name-only', REF], { cwd: directory })).stdout.trim().split('\n');
  assert.equal(
    files,
    names.flatMap((name) => Array.from({ length: COMMITS_EACH }, (_, i) => `${name}/${i}`)),
  );
  const refs = await git(['for-each-ref', '--format=%(refname)'], { cwd: directory });
  assert.is(refs.stdout, `${REF}\n`);
  assert.is((await git(['fsck', '--strict', '--no-dangling'], { cwd: directory })).stdout, '');
});

test.run();
