import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Oid } from '../../src/ports/git.ts';
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

/** GitRefs: exact names, compare-and-swap, all or none. */
export function gitRefsConformance(title: string, make: GitSubjectFactory): void {
  const test = suite(`git refs: ${title}`);
  const it = (name: string, body: (subject: GitSubject, a: Oid, b: Oid) => Promise<void>): void => {
    test(name, () =>
      withSubject(make, async (subject) => {
        const a = await commitChanges(subject, `${OURS}chain`, undefined, [{ path: 'f', bytes: 'a' }]);
        const b = await commitChanges(subject, `${OURS}chain`, a.commit, [{ path: 'f', bytes: 'b' }]);
        await body(subject, a.commit, b.commit);
      }),
    );
  };

  it('creates, moves and deletes only from the expected value', async ({ repository: { refs } }, a, b) => {
    const name = `${OURS}x`;
    assert.is(await refs.update([{ name, to: a, expected: b }]), false);
    assert.is(await refs.resolve(name), undefined);
    assert.is(await refs.update([{ name, to: a, expected: undefined }]), true);
    assert.is(await refs.update([{ name, to: b, expected: undefined }]), false);
    assert.is(await refs.update([{ name, to: b, expected: b }]), false);
    assert.is(await refs.resolve(name), a);
    assert.is(await refs.update([{ name, to: b, expected: a }]), true);
    assert.is(await refs.update([{ name, to: undefined, expected: a }]), false);
    assert.is(await refs.update([{ name, to: undefined, expected: undefined }]), false);
    assert.is(await refs.update([{ name, to: undefined, expected: b }]), true);
    assert.is(await refs.resolve(name), undefined);
    assert.is(await refs.update([{ name, to: undefined, expected: undefined }]), true);
    assert.is(await refs.update([]), true);
  });

  it('updates all refs of a call or none', async ({ repository: { refs } }, a, b) => {
    const make = (name: string) => ({ name: `${OURS}${name}`, to: a, expected: undefined });
    assert.is(await refs.update([make('1'), make('2'), make('3')]), true);
    const second = [
      { name: `${OURS}1`, to: b, expected: a },
      make('2'),
      { name: `${OURS}3`, to: undefined, expected: a },
    ];
    assert.is(await refs.update(second), false);
    const listed = (await refs.list([OURS])).filter(({ name }) => !name.endsWith('chain'));
    assert.equal(
      listed,
      ['1', '2', '3'].map((name) => ({ name: `${OURS}${name}`, oid: a })),
    );
  });

  it('lists by whole path parts, sorted by bytes', async ({ repository: { refs } }, a, b) => {
    const names = ['j/a', 'j/B', 'j/a-b', 'j/a.c', 'jj/x', 'k'].map((name) => OURS + name);
    await refs.update(names.map((name) => ({ name, to: a, expected: undefined })));
    const list = async (...prefixes: string[]) => (await refs.list(prefixes)).map(({ name }) => name);
    assert.equal(
      await list(`${OURS}j/`),
      ['j/B', 'j/a', 'j/a-b', 'j/a.c'].map((name) => OURS + name),
    );
    assert.equal(await list(`${OURS}k`, `${OURS}jj/`), [`${OURS}jj/x`, `${OURS}k`]);
    assert.equal(await list(`${OURS}nothing/`), []);
    assert.equal(await list(), []);
    assert.equal(await refs.list([`${OURS}chain`]), [{ name: `${OURS}chain`, oid: b }]);
  });

  it('resolves exact full names only', async ({ directory, repository: { refs } }, a) => {
    await git(['update-ref', `${OURS}refs/other/x`, a], { cwd: directory });
    assert.is(await refs.resolve('refs/other/x'), undefined);
    assert.is(await refs.resolve(OURS.slice(0, -1)), undefined);
    for (const name of [
      'HEAD',
      'main',
      'refs/a b',
      'refs/*',
      'refs/a..b',
      'refs/a@{1}',
      '--all',
      'refs/a\0b',
      'refs/a\n',
    ]) {
      await rejectsWith('refused', refs.resolve(name));
      await rejectsWith('refused', refs.update([{ name, to: a, expected: undefined }]));
    }
  });

  it('never follows a symbolic ref out of its own place', async ({ directory, repository: { refs } }, a, b) => {
    await git(['update-ref', `${OURS}target`, a], { cwd: directory });
    await git(['symbolic-ref', `${OURS}sym`, `${OURS}target`], { cwd: directory });
    await refs.update([{ name: `${OURS}sym`, to: b, expected: a }]);
    assert.is(await refs.resolve(`${OURS}target`), a);
  });

  it('tells a lost race from a real failure', async ({ directory, repository: { refs, layout } }, a, b) => {
    await rejectsWith('environment', refs.update([{ name: `${OURS}chain/below`, to: a, expected: undefined }]));
    const absent = absentOid({ directory, repository: { layout } } as GitSubject);
    await rejectsWith('environment', refs.update([{ name: `${OURS}x`, to: absent, expected: undefined }]));
    const lock = join(layout.commonDir, `${OURS}chain.lock`);
    writeFileSync(lock, '');
    const update = refs.update([{ name: `${OURS}chain`, to: a, expected: b }]);
    const told = await update.then(
      () => 'resolved',
      (error: { message: string; hint: string }) => `${error.message}; ${error.hint}`,
    );
    assert.ok(told.includes(lock), told);
    await rejectsWith('environment', update);
    rmSync(lock);
    assert.is(await refs.update([{ name: `${OURS}chain`, to: a, expected: b }]), true);
  });

  it('lets exactly one of many win', async ({ repository: { refs } }, a, b) => {
    const name = `${OURS}race`;
    const tries = Array.from({ length: 12 }, (_, i) => refs.update([{ name, to: i % 2 ? a : b, expected: undefined }]));
    assert.is((await Promise.all(tries)).filter((won) => won).length, 1);
  });

  it('knows ancestors', async (subject, a, b) => {
    const { refs } = subject.repository;
    assert.is(await refs.isAncestor(a, b), true);
    assert.is(await refs.isAncestor(a, a), true);
    assert.is(await refs.isAncestor(b, a), false);
    await rejectsWith('damaged', refs.isAncestor(a, absentOid(subject)));
  });

  it('lists the commits of a history, parents first, each with what it is the first to bring', async (subject, a, b) => {
    const { refs, objects } = subject.repository;
    const c = await commitChanges(subject, `${OURS}chain`, b, [{ path: 'd/g', bytes: 'c' }]);
    const commits = await gathered(refs.newCommits(c.commit, undefined));
    assert.equal(
      commits.map(({ commit, parents }) => [commit, parents]),
      [
        [a, []],
        [b, [a]],
        [c.commit, [b]],
      ],
    );
    const types = commits.map(({ brings }) =>
      objects.infos(brings).then((all) => all.map((info) => info?.type).sort()),
    );
    assert.equal(await Promise.all(types), [
      ['blob', 'tree'],
      ['blob', 'tree'],
      ['blob', 'tree', 'tree'],
    ]);
    assert.ok(commits[2]?.brings.includes(c.tree));
    assert.equal(await gathered(refs.newCommits(c.commit, a)), commits.slice(1));
    assert.equal(await gathered(refs.newCommits(a, c.commit)), []);
    for await (const { commit } of refs.newCommits(c.commit, undefined)) {
      assert.is(commit, a);
      break;
    }
    await rejectsWith('damaged', gathered(refs.newCommits(absentOid(subject), undefined)));
  });

  it('lists both sides of a history that parted', async (subject, a, b) => {
    const { refs, writer } = subject.repository;
    const ref = `${OURS}other`;
    const x = await commitChanges(subject, ref, undefined, [{ path: 'x', bytes: 'x' }]);
    const merge = { ref, expected: x.commit, parents: [x.commit, b], changes: [{ path: 'f', bytes: 'b' }] };
    const m = await writer.commit({ ...merge, message: 'both', timeSeconds: 1_704_067_300 });
    const commits = await gathered(refs.newCommits(m.kind === 'lost' ? a : m.commit, a));
    assert.equal(commits.map(({ commit }) => commit).sort(), [b, x.commit, m.kind === 'lost' ? a : m.commit].sort());
    assert.equal(commits.at(-1)?.parents, [x.commit, b]);
  });

  it('shows the whole history of commits and tags, each commit once', async (subject, a, b) => {
    const { directory, repository } = subject;
    const { refs, objects } = repository;
    const c = await commitChanges(subject, `${OURS}side`, undefined, [{ path: 's', bytes: 's' }]);
    await withTags(directory, b, async () => {
      const tags = (await refs.list(['refs/tags/'])).map(({ oid }) => oid);
      const found = await gathered(refs.history([...tags, b, c.commit]));
      assert.equal(found.map(({ commit }) => commit).sort(), [a, b, c.commit].sort());
      const second = found.find(({ commit }) => commit === b);
      const facts = [second?.tree, second?.parents, second?.timeSeconds];
      assert.equal(facts, [await objects.treeOf(b), [a], await objects.timeOf(b)]);
      assert.equal(await gathered(refs.history([])), []);
      await rejectsWith('damaged', gathered(refs.history([absentOid(subject)])));
    });
  });

  it('knows the commits of reflogs that are still here', async ({ directory, repository: { refs, layout } }, a, b) => {
    const commit = async (message: string) =>
      (await git(['commit-tree', '-m', message, `${a}^{tree}`], { cwd: directory })).stdout.trim() as Oid;
    const [lost, gone] = [await commit('lost'), await commit('gone')];
    for (const to of [b, lost, gone, a]) {
      await git(['update-ref', '--create-reflog', '-m', 'test', `${OURS}logged`, to], { cwd: directory });
    }
    rmSync(join(layout.commonDir, 'objects', gone.slice(0, 2), gone.slice(2)));
    const logged = await refs.reflogCommits();
    assert.equal(
      [b, lost, gone, a].filter((oid) => logged.includes(oid)),
      [b, lost, a],
    );
  });

  it('finds the commit that a person names', async ({ directory, repository: { refs } }, a, b) => {
    const typed = ['v1', 'v1~1', b.slice(0, 12), 'v1~2', 'tree', '--all', ''];
    await withTags(directory, b, async () => {
      const found = await Promise.all(typed.map((one) => refs.commitOf(one)));
      assert.equal(found, [b, a, b, undefined, undefined, undefined, undefined]);
    });
  });

  test.run();
}

async function gathered<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** With a tag `v1` of a commit and a tag `tree` of its tree. */
async function withTags(directory: string, commit: Oid, body: () => Promise<void>): Promise<void> {
  await git(['tag', '-a', '-m', 'a tag', 'v1', commit], { cwd: directory });
  await git(['tag', 'tree', `${commit}^{tree}`], { cwd: directory });
  try {
    await body();
  } finally {
    await git(['tag', '--delete', 'v1', 'tree'], { cwd: directory });
  }
}
