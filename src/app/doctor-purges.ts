import type { Context } from './clone.ts';
import { ADMIN_KEY, IGNORED_KEY, ignoredKeys, readPurges } from './control.ts';
import { type Finding, notice } from './finding.ts';
import { nameOf, strangePurges } from './strange-purges.ts';

/** Purges that this clone knows and does not obey, and what it does not send on account of them. */
export async function examinePurges(context: Context): Promise<Finding[]> {
  const { unpinned } = await readPurges(context);
  const known = unpinned.map(({ key, label, count }) =>
    notice(
      `${count === 1 ? '1 purge' : `${count} purges`} by ${label ?? 'a key without a name'} not applied: its key is not pinned here`,
      `git config --add ${ADMIN_KEY} ${key} && git cmf pull, if you trust it`,
    ),
  );
  return [...known, ...(await examineLeftOut(context))];
}

/** One for each remote and key, unless the user wants to hear nothing of it. */
async function examineLeftOut(context: Context): Promise<Finding[]> {
  const ignored = await ignoredKeys(context);
  const found: Finding[] = [];
  for (const remote of await context.repository.transport.remotes()) {
    for (const { key, label } of await strangePurges(context, remote)) {
      if (ignored.has(key)) continue;
      const what = `what ${nameOf({ label })} purged at ${remote} is not sent there, and kept here: its key is not pinned`;
      const pin = `git config --add ${ADMIN_KEY} ${key} && git cmf push ${remote}, if you trust it`;
      found.push(notice(what, `${pin}; git config --add ${IGNORED_KEY} ${key}, if you know all you want`));
    }
  }
  return found;
}
