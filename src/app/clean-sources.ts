/**
 * A purge in a central repository: writers' refs that hold purged bytes go, and what is left of their trees goes into the
 * archive, so nothing else of these writers is missing. Killed anywhere, the next run ends the work: nothing is deleted
 * before the archive has the rest of it.
 */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { GitRepository, Oid, Ref, RefUpdate, TreeChange } from '../ports/git.ts';
import { ifSound, type Purged, purgeMergedTree, purgeTree } from './purge-tree.ts';
import { mergedWriters } from './read-state.ts';
import { restartRef } from './restart-ref.ts';
import { missingPaths } from './unite-trees.ts';

export type CleanRequest = {
  readonly purged: PurgedIds;
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
  /** Looks only at these refs; at everything unless given. */
  readonly only?: ReadonlySet<string>;
};

/** What a cleaning did. */
export type Cleaned = {
  /** Refs that are gone. */
  readonly refs: readonly string[];
  /** Files that held purged bytes. */
  readonly removed: readonly Oid[];
};

const TRIES_MAX = 20;

/**
 * Takes purged bytes out of journals, inbox and archive.
 * @throws CmfError `conflict` when others moved the refs first TRIES_MAX times
 */
export async function cleanSources(repository: GitRepository, request: CleanRequest): Promise<Cleaned> {
  const gone = new Set<string>();
  const removed = new Set<Oid>();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const { dirty, archive } = await plan(repository, request, removed);
    const isKept = dirty.length > 0 || archive.isRestart;
    if (isKept && !(await writeArchive(repository, archive, request.nowSeconds))) continue;
    for (const { name, oid } of dirty) {
      if (await repository.refs.update([{ name, expected: oid, to: undefined } satisfies RefUpdate])) gone.add(name);
    }
    // One that was pushed to meanwhile is looked at again.
    if (dirty.every(({ name }) => gone.has(name))) return { refs: [...gone], removed: [...removed] };
  }
  throw new CmfError('conflict', {
    message: `refs below ${REFS.all} were moved by others ${TRIES_MAX} times in a row`,
    hint: 'git cmf server merge',
  });
}

type Archive = {
  readonly expected: Oid | undefined;
  readonly trees: ReadonlyMap<WriterId, Oid>;
  /** It held purged bytes itself, so its history must go. */
  readonly isRestart: boolean;
};

type Plan = { readonly dirty: readonly Ref[]; readonly archive: Archive };

async function plan(repository: GitRepository, { purged, only }: CleanRequest, removed: Set<Oid>): Promise<Plan> {
  const { refs, objects, writer: git } = repository;
  const expected = await refs.resolve(REFS.archive);
  const before = expected === undefined ? undefined : await objects.treeOf(expected);
  const isLooked = before !== undefined && only?.has(REFS.archive) !== false;
  const kept = isLooked ? await purgeMergedTree(repository, before, purged) : { tree: before, removed: [] };
  for (const oid of kept.removed) removed.add(oid);
  const archived = kept.tree === undefined ? [] : await mergedWriters(objects, kept.tree);
  const trees = new Map(archived.map(({ writer, tree }) => [writer, tree]));
  const dirty: Ref[] = [];
  for (const ref of await refs.list([REFS.journal, REFS.inbox])) {
    if (only?.has(ref.name) === false) continue;
    const clean = await ifSound(() => cleanRef(repository, ref, purged));
    if (clean === undefined || clean.removed.length === 0) continue;
    dirty.push(ref);
    for (const oid of clean.removed) removed.add(oid);
    const base = trees.get(clean.writer);
    const missing = base === undefined ? [] : await missingPaths(objects, base, clean.tree);
    trees.set(clean.writer, base === undefined ? clean.tree : await git.writeTree(base, missing));
  }
  return { dirty, archive: { expected, trees, isRestart: kept.removed.length > 0 } };
}

async function cleanRef(
  repository: GitRepository,
  { name, oid }: Ref,
  purged: PurgedIds,
): Promise<(Purged & { readonly writer: WriterId }) | undefined> {
  const meaning = meaningOfRef(name);
  if (meaning?.kind !== 'journal' && meaning?.kind !== 'inbox') return undefined;
  const { writer } = meaning;
  return { ...(await purgeTree(repository, { writer, tree: await repository.objects.treeOf(oid) }, purged)), writer };
}

async function writeArchive(
  repository: GitRepository,
  { expected, trees, isRestart }: Archive,
  timeSeconds: number,
): Promise<boolean> {
  const ref = REFS.archive;
  const changes = Array.from(trees, ([writer, oid]): TreeChange => ({ path: mergedPath(writer), oid, mode: '040000' }));
  if (isRestart && expected !== undefined) {
    const tree = await repository.writer.writeTree(undefined, changes);
    return restartRef(repository, { ref, expected, tree, timeSeconds });
  }
  const result = await repository.writer.commit({
    ref,
    expected,
    parents: expected === undefined ? [] : [expected],
    changes,
    message: 'cmf: kept what a purge left\n',
    timeSeconds,
  });
  return result.kind !== 'lost';
}
