import type { Context } from './clone.ts';
import { ADMIN_KEY, readPurges } from './control.ts';
import { type Finding, notice } from './finding.ts';

/** Purges that this clone knows and does not obey. */
export async function examinePurges(context: Context): Promise<Finding[]> {
  const { unpinned } = await readPurges(context);
  return unpinned.map(({ key, label, count }) =>
    notice(
      `${count === 1 ? '1 purge' : `${count} purges`} by ${label ?? 'a key without a name'} not applied: its key is not pinned here`,
      `git config --add ${ADMIN_KEY} ${key} && git cmf pull, if you trust it`,
    ),
  );
}
