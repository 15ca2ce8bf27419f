/** What a purge leaves to be told: that it is not obeyed here, or that its bytes are still stored. */
import type { Context } from './clone.ts';
import type { KnownPurges } from './control.ts';
import { removedFiles } from './purge-mark.ts';

/** One line each; empty where nobody purged anything. */
export async function purgeNotices(context: Context, { unpinned }: KnownPurges): Promise<string[]> {
  const lines = unpinned.map(
    ({ key, count }) =>
      `not applied: ${count === 1 ? '1 purge' : `${count} purges`} by key ${key}, which is not pinned here`,
  );
  const infos = await context.repository.objects.infos(removedFiles(context));
  const left = infos.filter((info) => info !== undefined).length;
  if (left === 0) return lines;
  return [
    ...lines,
    `${left === 1 ? '1 file with purged records is' : `${left} files with purged records are`} still stored, though no ref of git cmf reaches them: git gc --prune=now (or, where git logs all refs, git reflog expire --expire=now --all first)`,
  ];
}
