import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommitRequest, Oid } from '../../src/ports/git.ts';
import { git } from '../helpers/sealed-git.ts';
import {
  absentOid,
  commitChanges,
  type GitSubject,
  type GitSubjectFactory,
  OURS,
  rejectsWith,
  withSubject,
} from './git-subject.ts';

const REF = `${OURS}journal`;
const COMMITTERS = 8;

/** GitWriter: what is committed is exactly what was asked for, or nothing. */
export function gitWriterConformance(title: string, make: GitSubjectFactory): void {
  const test = suite(`git writer: ${title}`);
  const it = (name: string, body: (subject: GitSubject) => Promise<void>): void => {
    test(name, () => withSubject(make, body));
  };

  it('writes commits that git itself finds sound', async (subject) => {
    const { commit, tree } = await commitChanges(subject, REF, undefined, [
      { path: 'a/b/c', bytes: 'one' },
      { path: 'a-b', bytes: new Uint8Array([0, 1]), mode: '100755' },
      { path: 'a.b', bytes: 'two' },
    ]);
    const fsck = await git(['fsck', '--strict', '--no-dangling'], { cwd: subject.directory });
    assert.is(fsck.stdout + fsck.stderr.replace(/^notice: .*\n/gm, ''), '');
    assert.is(await refOf(subject), commit);
    assert.is((await git(['rev-parse', `${REF}^{tree}`], { cwd: subject.directory })).stdout.trim(), tree);
    assert.equal(await filesOf(subject, commit), ['100755 a-b', '100644 a.b', '100644 a/b/c']);
    const shown = await git(['log', '-1', '--format=%at %ct %P %B', REF], { cwd: subject.directory });
    assert.match(shown.stdout, /^1704067200 1704067200 {2}test\n/);
  });

  it('changes only the named paths, replaces, deletes, and drops empty directories', async (subject) => {
    const start = [
      { path: 'd/x', bytes: '1' },
      { path: 'd/y', bytes: '2' },
      { path: 'e/z/w', bytes: '3' },
    ];
    const first = await commitChanges(subject, REF, undefined, [...start, { path: 'f', bytes: '4' }]);
    const second = await commitChanges(subject, REF, first.commit, [
      { path: 'd/x', bytes: 'changed' },
      { path: 'e/z/w', oid: undefined },
      { path: 'f/now/deep', bytes: 'a file became a directory' },
      { path: 'not/there', oid: undefined },
    ]);
    assert.equal(await filesOf(subject, second.commit), ['100644 d/x', '100644 d/y', '100644 f/now/deep']);
    const third = await commitChanges(subject, REF, second.commit, [{ path: 'd', bytes: 'a directory became a file' }]);
    assert.equal(await filesOf(subject, third.commit), ['100644 d', '100644 f/now/deep']);
    assert.is((await git(['rev-list', '--count', REF], { cwd: subject.directory })).stdout.trim(), '3');
  });

  it('keeps any bytes in names', async (subject) => {
    const names = ['a b', '"quoted"', 'new\nline', 'tab\t', '\xff\xfe', '-dash', 'back\\slash', '$(x)', "it's"];
    const changes = names.map((name) => ({ path: `d/${name}`, bytes: name }));
    const { tree } = await commitChanges(subject, REF, undefined, changes);
    const { objects } = subject.repository;
    const directory = (await objects.readTree(tree))[0]?.oid as Oid;
    assert.equal((await objects.readTree(directory)).map(({ name }) => name).sort(), [...names].sort());
    for (const path of ['', '/a', 'a//b', 'a/', '../a', 'a/./b', '.git/x', 'a/.GIT', 'nul\0', 'wide\u0100']) {
      await rejectsWith('refused', subject.repository.writer.writeTree(undefined, [{ path, bytes: '' }]));
    }
  });

  it('reuses objects that exist, files and whole directories, and refuses those that do not', async (subject) => {
    const first = await commitChanges(subject, REF, undefined, [{ path: 'a/b', bytes: 'x' }]);
    const second = await commitChanges(subject, `${OURS}union`, undefined, [
      { path: 'aa/writer', oid: first.tree, mode: '040000' },
      { path: 'aa/writer/more', bytes: 'y' },
    ]);
    assert.equal(await filesOf(subject, second.commit), ['100644 aa/writer/a/b', '100644 aa/writer/more']);
    const { writer } = subject.repository;
    const absent = absentOid(subject);
    await rejectsWith('damaged', writer.writeTree(undefined, [{ path: 'x', oid: absent, mode: '100644' }]));
    await rejectsWith('damaged', writer.writeTree(undefined, [{ path: 'x', oid: first.tree, mode: '100644' }]));
    await rejectsWith('damaged', writer.commit({ ...request(undefined, 'x'), ref: `${OURS}n`, parents: [absent] }));
  });

  it('writes nothing when nothing would change', async (subject) => {
    const { commit } = await commitChanges(subject, REF, undefined, [{ path: 'a/b', bytes: 'x' }]);
    const before = await objectCount(subject);
    const again = {
      ...request(commit, 'a/b'),
      changes: [
        { path: 'a/b', bytes: 'x' },
        { path: 'no', oid: undefined },
      ],
    };
    assert.equal(await subject.repository.writer.commit(again), { kind: 'unchanged', commit });
    const fresh = await subject.repository.writer.commit({ ...again, parents: [], fresh: true });
    assert.equal(fresh, { kind: 'unchanged', commit });
    assert.is(await refOf(subject), commit);
    assert.is(await objectCount(subject), before);
  });

  it('writes the commit all the same when told so, so that a history can go', async (subject) => {
    const { commit, tree } = await commitChanges(subject, REF, undefined, [{ path: 'x', bytes: 'x' }]);
    const same = { ...request(commit, 'x'), parents: [], fresh: true, changes: [{ path: 'x', bytes: 'x' }] };
    const restarted = await subject.repository.writer.commit({ ...same, timeSeconds: 1, always: true });
    assert.is(restarted.kind, 'moved');
    if (restarted.kind === 'moved') assert.is(restarted.tree, tree);
    assert.is.not(await refOf(subject), commit);
    assert.equal(await subject.repository.writer.commit({ ...same, always: true }), { kind: 'lost' });
  });

  it('starts from an empty tree when told so, with or without parents', async (subject) => {
    const first = await commitChanges(subject, REF, undefined, [{ path: 'old', bytes: 'x' }]);
    const fresh = { ...request(first.commit, 'new'), fresh: true };
    const kept = await subject.repository.writer.commit(fresh);
    assert.is(kept.kind, 'moved');
    assert.equal(await filesOf(subject, REF), ['100644 new']);
    const tip = (await refOf(subject)) as Oid;
    const root = { ...request(tip, 'root'), parents: [], fresh: true };
    assert.is((await subject.repository.writer.commit(root)).kind, 'moved');
    assert.is((await git(['rev-list', '--count', REF], { cwd: subject.directory })).stdout.trim(), '1');
  });

  it('writes an empty tree', async (subject) => {
    const { tree } = await commitChanges(subject, REF, undefined, []);
    assert.equal(await subject.repository.objects.readTree(tree), []);
    assert.is(await subject.repository.writer.writeTree(undefined, []), tree);
  });

  it('loses and writes nothing when the ref is not what was expected', async (subject) => {
    const { commit } = await commitChanges(subject, REF, undefined, [{ path: 'a', bytes: 'x' }]);
    const before = await objectCount(subject);
    const { writer } = subject.repository;
    assert.equal(await writer.commit(request(undefined, 'b')), { kind: 'lost' });
    assert.equal(await writer.commit({ ...request(commit, 'b'), ref: `${OURS}absent` }), { kind: 'lost' });
    assert.equal(await writer.commit({ ...request(absentOid(subject), 'b'), parents: [commit] }), { kind: 'lost' });
    assert.is(await refOf(subject), commit);
    assert.is(await refOf(subject, `${OURS}absent`), undefined);
    assert.is(await objectCount(subject), before);
  });

  it('writes the tree of a change without any commit or ref', async (subject) => {
    const { tree, commit } = await commitChanges(subject, REF, undefined, [{ path: 'a/b', bytes: 'x' }]);
    const { writer, refs, objects } = subject.repository;
    const added = await writer.writeTree(commit, [{ path: 'a/c', bytes: 'y' }]);
    assert.equal(await filesOf(subject, added), ['100644 a/b', '100644 a/c']);
    assert.is(await writer.writeTree(added, [{ path: 'a/c', oid: undefined }]), tree);
    assert.is((await objects.info(added))?.type, 'tree');
    assert.equal(await refs.list([OURS]), [{ name: REF, oid: commit }]);
  });

  it(`loses no commit of ${COMMITTERS} concurrent committers on one ref`, async (subject) => {
    const commitOne = async (path: string): Promise<Oid> => {
      for (;;) {
        const tip = await refOf(subject);
        const result = await subject.repository.writer.commit(request(tip, path));
        if (result.kind === 'moved') return result.commit;
        assert.is(result.kind, 'lost');
      }
    };
    const paths = Array.from({ length: COMMITTERS }, (_, i) => `c/${String(i).padStart(2, '0')}`);
    const commits = await Promise.all(paths.map(commitOne));
    assert.equal(
      await filesOf(subject, REF),
      paths.map((path) => `100644 ${path}`),
    );
    const listed = (await git(['rev-list', REF], { cwd: subject.directory })).stdout.trim().split('\n');
    assert.equal(listed.sort(), commits.sort());
  });

  test.run();
}

function request(expected: Oid | undefined, path: string): CommitRequest {
  const parents = expected === undefined ? [] : [expected];
  return { ref: REF, expected, parents, changes: [{ path, bytes: path }], message: path, timeSeconds: 0 };
}

function refOf({ repository }: GitSubject, ref = REF): Promise<Oid | undefined> {
  return repository.refs.resolve(ref);
}

async function filesOf({ directory }: GitSubject, treeish: string): Promise<string[]> {
  const { stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', treeish], { cwd: directory });
  return stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^(\d+) \S+ \S+\t/, '$1 '));
}

async function objectCount({ directory }: GitSubject): Promise<number> {
  const args = ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)'];
  return (await git(args, { cwd: directory })).stdout.split('\n').length;
}
