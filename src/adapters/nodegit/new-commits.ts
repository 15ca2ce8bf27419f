import { CmfError } from '../../domain/errors.ts';
import type { NewCommit, Oid } from '../../ports/git.ts';
import type { Oid as Handle, Nodegit, Repository } from './nodegit-api.ts';

const COMMITS_AT_ONCE = 500;

/** libgit2's number for `TOPOLOGICAL | REVERSE`. */
const PARENTS_FIRST = 1 | 4;

/** A tree to look into, and the trees that stood at its place in the parents. */
type Visit = { readonly tree: Oid; readonly older: readonly Oid[] };

/**
 * The commits that the tips need and the known commits do not bring, parents before children, each with what it brings.
 * Where a tree has a line that the same tree of a parent has, all below it is known. Rejects with `damaged` for a commit or
 * tree that is not there, so a walk to its end also proves that all commits and trees are.
 *
 * @param known commits whose whole history is complete; what is no commit is not looked at
 */
export async function* newCommits(
  nodegit: Nodegit,
  repository: Repository,
  tips: readonly Oid[],
  known: readonly Oid[],
): AsyncGenerator<NewCommit, void, undefined> {
  const seen = new Set<Oid>();
  const walk = nodegit.Revwalk.create(repository);
  walk.sorting(PARENTS_FIRST);
  for (const tip of tips) await needed(nodegit.Commit.lookup(repository, nodegit.Oid.fromString(tip)));
  for (const tip of tips) walk.push(nodegit.Oid.fromString(tip));
  for (const oid of known) walk.hide(nodegit.Oid.fromString(oid));
  for (;;) {
    const commits = await needed(walk.fastWalk(COMMITS_AT_ONCE));
    for (const handle of commits) {
      const { parents, visit } = await openCommit(nodegit, repository, handle);
      const brings: Oid[] = [];
      for await (const oid of newInTree(nodegit, repository, visit, seen)) brings.push(oid);
      yield { commit: idOf(handle), parents, brings };
    }
    if (commits.length < COMMITS_AT_ONCE) return;
  }
}

async function openCommit(
  nodegit: Nodegit,
  repository: Repository,
  handle: Handle,
): Promise<{ readonly parents: readonly Oid[]; readonly visit: Visit }> {
  const commit = await needed(nodegit.Commit.lookup(repository, handle));
  const older: Oid[] = [];
  for (const parent of commit.parents()) {
    older.push(idOf((await needed(nodegit.Commit.lookup(repository, parent))).treeId()));
  }
  return { parents: commit.parents().map(idOf), visit: { tree: idOf(commit.treeId()), older } };
}

async function* newInTree(
  nodegit: Nodegit,
  repository: Repository,
  top: Visit,
  seen: Set<Oid>,
): AsyncGenerator<Oid, void, undefined> {
  const waiting: Visit[] = top.older.includes(top.tree) ? [] : [top];
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    if (seen.has(visit.tree)) continue;
    seen.add(visit.tree);
    const lines = await linesOf(nodegit, repository, visit.tree);
    const before = await Promise.all(visit.older.map((oid) => linesOf(nodegit, repository, oid)));
    const known = new Set(before.flat().map(({ name, oid }) => `${oid} ${name}`));
    for (const { name, oid, isTree } of lines) {
      if (known.has(`${oid} ${name}`) || (!isTree && seen.has(oid))) continue;
      if (isTree) {
        const older = before.flat().filter((line) => line.isTree && line.name === name);
        waiting.push({ tree: oid, older: older.map((line) => line.oid) });
        continue;
      }
      seen.add(oid);
      yield oid;
    }
    yield visit.tree;
  }
}

type Line = { readonly name: string; readonly oid: Oid; readonly isTree: boolean };

async function linesOf(nodegit: Nodegit, repository: Repository, tree: Oid): Promise<Line[]> {
  const found = await needed(nodegit.Tree.lookup(repository, nodegit.Oid.fromString(tree)));
  return found
    .entries()
    .filter((line) => !line.isSubmodule())
    .map((line) => ({ name: line.name(), oid: line.oid() as Oid, isTree: line.isTree() }));
}

function idOf(handle: Handle): Oid {
  return handle.toString() as Oid;
}

async function needed<Value>(value: Promise<Value>): Promise<Value> {
  try {
    return await value;
  } catch (error) {
    throw new CmfError('damaged', {
      message: `an object is missing: ${String(error)}`,
      hint: 'git fsck',
      cause: error,
    });
  }
}
