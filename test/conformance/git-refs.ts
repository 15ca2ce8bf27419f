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
    const hint = await update.then(
      () => 'resolved',
      (error: { hint: string }) => error.hint,
    );
    assert.ok(hint.includes(lock), hint);
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

  test.run();
}
