/**
 * Where bundles are made and judged: a repository beside this one that is thrown away, and the tips of bundles that stay.
 *
 *     <common git dir>/cmf/bundle/              the room, while a command works in it
 *     refs/cmf-local/incoming/bundle/<time>     commits of bundles that were made or applied here: what a later one may
 *                                               build upon
 */
import { REFS } from '../domain/ids.ts';
import type { Oid, Ref, RefUpdate } from '../ports/git.ts';
import type { BundleRoom, GitBundles } from '../ports/git-bundles.ts';
import { type Context, stateDirectory } from './clone.ts';
import { withLock } from './lock.ts';
import { hasPurges } from './purge-mark.ts';

const TIPS = `${REFS.incoming}bundle/`;
/** More do not help: a bundle builds upon one that was made lately, and an earlier one can be applied again. */
const TIPS_MAX = 8;

/** Works in a room that sees all bundle tips; one command at a time. */
export async function withRoom<Result>(
  context: Context,
  bundles: GitBundles,
  work: (room: BundleRoom) => Promise<Result>,
): Promise<Result> {
  const directory = stateDirectory(context);
  context.disk.makeDirectory(`${directory}/lock`);
  const results: Result[] = [];
  await withLock(context, 'bundle', true, async () => {
    const room = await bundles.openRoom(`${directory}/bundle`);
    try {
      const tips = await context.repository.refs.list([TIPS]);
      await room.repository.refs.update(tips.map(({ name, oid }) => ({ name, to: oid, expected: undefined })));
      results.push(await work(room));
    } finally {
      await room.close();
    }
  });
  return results[0] as Result;
}

/** True if a bundle tip that stays reaches this commit, so that it is here with all its files. */
export async function isKept(context: Context, commit: Oid): Promise<boolean> {
  return (await tipOver(context, await context.repository.refs.list([TIPS]), commit)) !== undefined;
}

/**
 * False when a commit that builds upon these may bring back what was purged: a purge lets go of bundles that were here
 * before it, and such a commit still reaches them.
 */
export async function isCleanHistory(context: Context, needs: readonly Oid[]): Promise<boolean> {
  if (!hasPurges(context)) return true;
  for (const commit of needs) if (!(await isKept(context, commit))) return false;
  return true;
}

async function tipOver({ repository }: Context, tips: readonly Ref[], commit: Oid): Promise<Ref | undefined> {
  if ((await repository.objects.info(commit))?.type !== 'commit') return undefined;
  for (const tip of tips) if (await repository.refs.isAncestor(commit, tip.oid)) return tip;
  return undefined;
}

/** Takes the merged ref of a room over as a bundle tip, and lets go of those that it contains. */
export async function keepTip(context: Context, room: BundleRoom): Promise<void> {
  const { refs, transport } = context.repository;
  const tips = await refs.list([TIPS]);
  const tip = await room.repository.refs.resolve(REFS.mergedAll);
  if (tip === undefined || (await tipOver(context, tips, tip)) !== undefined) return;
  const name = `${TIPS}${context.effects.nowMs().toString(16).padStart(12, '0')}`;
  await transport.fetch(room.directory, [{ from: REFS.mergedAll, to: name }]);
  const gone: Ref[] = [];
  for (const old of tips) if (old.name !== name && (await refs.isAncestor(old.oid, tip))) gone.push(old);
  const left = tips.filter((old) => !gone.includes(old));
  gone.push(...left.slice(0, Math.max(0, left.length + 1 - TIPS_MAX)));
  await refs.update(gone.map((old): RefUpdate => ({ name: old.name, expected: old.oid, to: undefined })));
}

/** Lets go of all bundle tips: after a purge they may hold what must go. */
export async function dropTips({ repository }: Context): Promise<void> {
  const tips = await repository.refs.list([TIPS]);
  for (const { name, oid } of tips) await repository.refs.update([{ name, expected: oid, to: undefined }]);
}
