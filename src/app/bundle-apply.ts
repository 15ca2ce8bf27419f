/**
 * Applying a bundle: as a whole pull in a clone, as a push in a central repository. The file is judged in a room of its own;
 * what is refused leaves nothing behind.
 */
import { ACCEPT_AHEAD_MAX_MS } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { GitRepository, Oid, TreeChange } from '../ports/git.ts';
import type { BundleHeader, BundleRoom, GitBundles } from '../ports/git-bundles.ts';
import type { GitServer } from '../ports/git-server.ts';
import { applyPurges } from './apply-purges.ts';
import { beginWriting } from './begin-writing.ts';
import { isCleanHistory, keepTip, withRoom } from './bundle-room.ts';
import { type Context, isHost, isInitialised } from './clone.ts';
import { HIDE_REFS, learnControl, readPurges, type Unpinned } from './control.ts';
import { type Heard, type Learned, learn, type Skipped } from './learn.ts';
import { runMergeWorker, wantMerge } from './merge-worker.ts';
import { refreshNotesAfter } from './notes.ts';
import { rememberSkipped, takeNote } from './pull.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { HIDDEN_REFS } from './server.ts';

export type ApplyReport = {
  /** Entries of others that were not known here. */
  readonly entries: number;
  readonly writers: number;
  /** Writers of a newer format, which this program cannot read: one line each. */
  readonly skipped: readonly string[];
  /** Purges that are not applied, since their key is not pinned here. */
  readonly unpinned: readonly Unpinned[];
};

type Dependencies = { readonly bundles: GitBundles; readonly server: GitServer };

/** No commit of an honest bundle is larger: it names a tree and one parent. */
const COMMIT_BYTES_MAX = 4 * 1024;
/** A hundred thousand writers; a folder of a merged tree holds one line for each. */
const FOLDER_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Applies a bundle. Doing it again changes nothing.
 * @throws CmfError `not-found` when it builds upon one that was not applied here; `damaged` or `refused` when any part of it
 * is not sound
 */
export async function applyBundle(
  context: Context,
  { bundles, server }: Dependencies,
  file: string,
): Promise<ApplyReport> {
  const header = await bundles.readHeader(file);
  checkHeader(context, header, file);
  const learned = await withRoom(context, bundles, async (room) => {
    context.reporter.progress(`checking ${file}…`);
    await room.unpack(file, header);
    const trees = await bundledTrees(room.repository, file);
    const found = await learnInRoom(context, room, trees, file);
    await obeyBundle(context, room);
    const isClean = found.unclean.length === 0 && (await isCleanHistory(context, header.needs));
    if (isClean) await keepTip(context, room);
    await rememberSkipped(context, `${REFS.skipped}bundle/`, trees, found.skipped);
    context.reporter.progress('');
    return found;
  });
  const news = await spread(context, server, learned.heard);
  return {
    entries: news.length,
    writers: new Set(news.map(({ writer }) => writer)).size,
    skipped: learned.skipped.map(({ writer, reason }) => `writer ${writer}: ${reason}`),
    unpinned: (await readPurges(context)).unpinned,
  };
}

function checkHeader({ repository }: Context, header: BundleHeader, file: string): void {
  const { objectFormat } = repository.layout;
  if (header.objectFormat !== objectFormat) {
    throw new CmfError('refused', {
      message: `${file} is of a ${header.objectFormat} repository, this one is ${objectFormat}: git cannot join the two`,
      hint: 'apply it in a clone of the repository that it came from',
    });
  }
  const strange = header.refs.find(({ name }) => name !== REFS.mergedAll && name !== REFS.control);
  if (strange === undefined && header.refs.some(({ name }) => name === REFS.mergedAll)) return;
  throw new CmfError('refused', {
    message: `${file} is no bundle of git cmf: it ${strange === undefined ? `has no ${REFS.mergedAll}` : `holds ${JSON.stringify(strange.name)}`}`,
    hint: 'make it with git cmf bundle create',
  });
}

/** The writers' trees of a bundle. Nothing else may lie beside them, for nothing else is looked at. */
async function bundledTrees({ objects, refs, writer: git }: GitRepository, file: string): Promise<WriterTree[]> {
  const tip = await refs.resolve(REFS.mergedAll);
  if (tip === undefined) throw new CmfError('internal', { message: `${file} was unpacked and is not there` });
  const top = await objects.treeOf(tip);
  const isSmall = async (oids: readonly Oid[], type: string, max: number) =>
    (await objects.infos(oids)).every((info) => info?.type === type && info.sizeBytes <= max);
  const isSound =
    (await isSmall([tip], 'commit', COMMIT_BYTES_MAX)) && (await isSmall([top], 'tree', FOLDER_BYTES_MAX));
  const fanouts = isSound ? (await objects.readTree(top)).map(({ oid }) => oid) : [];
  if (isSound && (await isSmall(fanouts, 'tree', FOLDER_BYTES_MAX))) {
    const trees = await mergedWriters(objects, top);
    const changes = trees.map(
      ({ writer, tree }): TreeChange => ({ path: mergedPath(writer), oid: tree, mode: '040000' }),
    );
    if ((await git.writeTree(undefined, changes)) === top) return trees;
  }
  throw new CmfError('refused', {
    message: `${file}: commit ${tip} holds something else than the journals of writers`,
    hint: 'make it with git cmf bundle create',
  });
}

/** The purges that hold here once this bundle is applied, so that what they name does not come in with the rest. */
async function purgesWith(context: Context, { repository }: BundleRoom): Promise<PurgedIds> {
  const { worktree } = context.repository;
  const here = await readPurges(context);
  // Whose purges are obeyed is set here, not in the room.
  const brought = await readPurges({ repository: { refs: repository.refs, objects: repository.objects, worktree } });
  return new Map([...here.applied, ...brought.applied]);
}

/** Takes over the control records, and carries out what they say on all that was here before. */
async function obeyBundle(context: Context, { repository }: BundleRoom): Promise<void> {
  const tip = await repository.refs.resolve(REFS.control);
  if (tip === undefined) return;
  const { added } = await learnControl(context, tip, repository.objects);
  if (!isHost(context)) await applyPurges(context);
  else if (added > 0) wantMerge(context);
}

/** Validates in the room, on top of what is known here, and takes over what came of it. */
async function learnInRoom(
  context: Context,
  room: BundleRoom,
  trees: readonly WriterTree[],
  file: string,
): Promise<Learned> {
  const host = isHost(context);
  const target = host ? REFS.archive : REFS.known;
  const { refs } = context.repository;
  const expected = await refs.resolve(target);
  if (expected !== undefined) await room.repository.refs.update([{ name: target, to: expected, expected: undefined }]);
  const inRoom = { ...context, repository: room.repository };
  const purged = await purgesWith(context, room);
  const rules = host ? { purged, acceptUntilMs: context.effects.nowMs() + ACCEPT_AHEAD_MAX_MS } : { purged };
  const news = host ? await notMerged(context, trees) : trees;
  const learned = await learn(inRoom, target, news, rules);
  const unsound = learned.skipped.find(({ code }) => code !== 'newer-format');
  if (unsound !== undefined) throw refuse(unsound, file);
  const tip = await room.repository.refs.resolve(target);
  if (tip === undefined || tip === expected) return learned;
  // Before, for a kill at any moment; after, since a worker that ran in between has looked already.
  if (host) wantMerge(context);
  await takeOver(context, room, { target, tip, expected });
  if (host) wantMerge(context);
  return learned;
}

/** What the merge of a central repository has already would only lie in the archive a second time. */
async function notMerged({ repository }: Context, trees: readonly WriterTree[]): Promise<readonly WriterTree[]> {
  const merged = await repository.refs.resolve(REFS.mergedAll);
  if (merged === undefined) return trees;
  const known = await mergedWriters(repository.objects, await repository.objects.treeOf(merged));
  const have = new Map(known.map(({ writer, tree }) => [writer, tree]));
  return trees.filter(({ writer, tree }) => have.get(writer) !== tree);
}

function refuse({ writer, reason, code }: Skipped, file: string): CmfError {
  return new CmfError(code, {
    message: `${file}: writer ${writer}: ${reason}; nothing of it was taken`,
    hint: 'make it anew where it came from: git cmf fsck, then git cmf bundle create',
  });
}

/** Moves our ref to what the room made of it; when somebody else moved it first, unites once more, here. */
async function takeOver(
  context: Context,
  room: BundleRoom,
  made: { readonly target: string; readonly tip: Oid; readonly expected: Oid | undefined },
): Promise<void> {
  const { refs, objects, transport } = context.repository;
  const { target, tip, expected } = made;
  const landing = `${REFS.temporary}${Buffer.from(context.effects.randomBytes(8)).toString('hex')}`;
  await transport.fetch(room.directory, [{ from: target, to: landing }]);
  const done = { name: landing, to: undefined, expected: tip };
  if (await refs.update([{ name: target, to: tip, expected }, done])) return;
  // The room's own union: the trees of the bundle are not here.
  await learn(context, target, await mergedWriters(objects, await objects.treeOf(tip)));
  await refs.update([done]);
}

/** Tells the rest of the repository; @returns what is new from others */
async function spread(context: Context, server: GitServer, heard: readonly Heard[]): Promise<readonly Heard[]> {
  if (isHost(context)) {
    // Without its hooks a host does not merge, and what was merged once would hide what is pushed later.
    const isMerging = (await server.settings(HIDE_REFS)).includes(HIDDEN_REFS[0] ?? '');
    if (isMerging) await runMergeWorker(context);
    return heard;
  }
  const own = isInitialised(context) ? await beginWriting(context) : undefined;
  const news = heard.filter(({ writer }) => writer !== own?.writer);
  if (own !== undefined) takeNote(own, news);
  await refreshNotesAfter(context);
  return news;
}
