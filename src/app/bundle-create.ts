/**
 * Making a bundle: all that is known here, as one file for a site that no network reaches. It holds one commit whose tree
 * has the shape of what a server merges, so everything is in it that a whole pull from here would bring.
 */
import { CmfError } from '../domain/errors.ts';
import { REFS, type WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { CommitRequest, Oid, TreeChange } from '../ports/git.ts';
import type { BundleRoom, GitBundles } from '../ports/git-bundles.ts';
import { beginWriting } from './begin-writing.ts';
import { isCleanHistory, isKept, keepTip, withRoom } from './bundle-room.ts';
import { type Context, isHost, isInitialised } from './clone.ts';
import { readPurges } from './control.ts';
import { readControlTree } from './control-tree.ts';
import { flush } from './flush.ts';
import { isCarriedOut } from './purge-mark.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';
import { SOURCE_REFS, uniteWriters } from './writer-union.ts';

export type BundleReport = {
  readonly writers: number;
  /** Pipelines that a pull brought alone; they are not in it. */
  readonly partial: number;
};

/**
 * Writes a bundle.
 * @param since an earlier bundle: only what came after it is written
 * @throws CmfError `no-data` when nothing is known here, or nothing that the earlier one lacks
 */
export async function createBundle(
  context: Context,
  bundles: GitBundles,
  file: string,
  since: string | undefined,
): Promise<BundleReport> {
  if (isInitialised(context)) await flush(await beginWriting(context), { wait: true, live: true });
  const trees = await wholeTrees(context);
  if (trees.size === 0)
    throw new CmfError('no-data', { message: 'nothing is recorded here yet', hint: 'git cmf start' });
  await withRoom(context, bundles, async (room) => {
    const earlier = since === undefined ? undefined : await enterEarlier(context, bundles, room, since);
    const refs = await fill(context, room, trees, earlier);
    if (refs === undefined) {
      throw new CmfError('no-data', {
        message: `${since} holds everything that is known here`,
        hint: 'git cmf status',
      });
    }
    context.reporter.progress(`writing ${file}…`);
    await room.pack(file, refs, earlier === undefined ? [] : [earlier.tip]);
    context.reporter.progress('');
    if (await isCleanHistory(context, earlier === undefined ? [] : [earlier.tip])) await keepTip(context, room);
  });
  return { writers: trees.size, partial: (await context.repository.refs.list([REFS.partial])).length };
}

/** Each writer's tree, as whole as it is here. What pulls of one pipeline brought is no whole tree. */
async function wholeTrees(context: Context): Promise<ReadonlyMap<WriterId, Oid>> {
  const { refs, objects } = context.repository;
  if (isHost(context)) {
    // Before the writers' refs, which hold all that was merged, and what came after it.
    const merged = await refs.resolve(REFS.mergedAll);
    const purges = await readPurges(context);
    const isTrusted = merged !== undefined && isCarriedOut(context, purges);
    const known = isTrusted ? await mergedWriters(objects, await objects.treeOf(merged)) : [];
    const facts = { known: new Map(known.map(({ writer, tree }) => [writer, tree])), purged: purges.applied };
    return (await uniteWriters(context.repository, await refs.list(SOURCE_REFS), facts)).trees;
  }
  const journals = (await refs.list([REFS.journal])).map(async ({ name, oid }): Promise<WriterTree> => {
    return { writer: name.slice(REFS.journal.length) as WriterId, tree: await objects.treeOf(oid) };
  });
  const known = await refs.resolve(REFS.known);
  const learned = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  return unite(context, [...(await Promise.all(journals)), ...learned]);
}

async function unite({ repository }: Context, trees: readonly WriterTree[]): Promise<ReadonlyMap<WriterId, Oid>> {
  const united = new Map<WriterId, Oid>();
  for (const { writer, tree } of trees) {
    const before = united.get(writer);
    const missing = before === undefined ? [] : await missingPaths(repository.objects, before, tree);
    if (before === undefined) united.set(writer, tree);
    else if (missing.length > 0) united.set(writer, await repository.writer.writeTree(before, missing));
  }
  return united;
}

/** What an earlier bundle held. */
type Earlier = { readonly tip: Oid; readonly control: Oid | undefined };

/** Brings the commit of an earlier bundle into the room, at the merged ref. */
async function enterEarlier(context: Context, bundles: GitBundles, room: BundleRoom, since: string): Promise<Earlier> {
  const header = await bundles.readHeader(since);
  const oidOf = (ref: string) => header.refs.find(({ name }) => name === ref)?.oid;
  const tip = oidOf(REFS.mergedAll);
  if (tip === undefined) {
    throw new CmfError('refused', {
      message: `${since} is a git bundle, but none of git cmf: it has no ${REFS.mergedAll}`,
      hint: 'git cmf bundle create FILE, without --since',
    });
  }
  const kept = await isKept(context, tip);
  if (kept) await room.repository.refs.update([{ name: REFS.mergedAll, to: tip, expected: undefined }]);
  else await room.unpack(since, header);
  return { tip, control: oidOf(REFS.control) };
}

/** @returns the refs to pack; undefined when they hold nothing new */
async function fill(
  context: Context,
  room: BundleRoom,
  trees: ReadonlyMap<WriterId, Oid>,
  earlier: Earlier | undefined,
): Promise<readonly string[] | undefined> {
  const changes = Array.from(trees, ([writer, oid]): TreeChange => ({ path: mergedPath(writer), oid, mode: '040000' }));
  const control = await fillControl(context, room);
  const request: CommitRequest = {
    ref: REFS.mergedAll,
    expected: earlier?.tip,
    parents: earlier === undefined ? [] : [earlier.tip],
    fresh: true,
    // A bundle has a commit of its own, also where only the control records are new.
    always: control !== earlier?.control,
    changes,
    message: 'cmf: bundle\n',
    timeSeconds: Math.floor(context.effects.nowMs() / 1000),
  };
  const { kind } = await room.repository.writer.commit(request);
  if (kind === 'unchanged') return undefined;
  return control === undefined ? [REFS.mergedAll] : [REFS.mergedAll, REFS.control];
}

/** Puts the control records that are known here into the room. The same records always make the same commit. */
async function fillControl({ repository }: Context, room: BundleRoom): Promise<Oid | undefined> {
  const { objects, refs } = repository;
  const found = await refs.list([REFS.control, REFS.learnedControl]);
  if (found.length === 0) return undefined;
  const trees = await Promise.all(found.map(async ({ oid }) => readControlTree(objects, await objects.treeOf(oid))));
  const changes = trees.flatMap(({ files }) => files.map(({ path, oid }) => ({ path, oid, mode: '100644' }) as const));
  const expected = await room.repository.refs.resolve(REFS.control);
  const message = 'cmf: control records\n';
  const always = { parents: [], fresh: true, always: true, timeSeconds: 0 };
  await room.repository.writer.commit({ ref: REFS.control, expected, ...always, changes, message });
  return room.repository.refs.resolve(REFS.control);
}
