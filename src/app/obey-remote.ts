/** Purges of one remote, learned and carried out without a whole pull. */
import { REFS } from '../domain/ids.ts';
import { applyPurges } from './apply-purges.ts';
import type { Context } from './clone.ts';
import { learnControl } from './control.ts';
import { landingOf } from './landing.ts';

/**
 * Learns the control records of a remote and carries out what is pinned here.
 * @returns true when that changed one of our refs
 */
export async function obeyRemote(context: Context, remote: string): Promise<boolean> {
  const { transport, refs } = context.repository;
  const [offered] = await transport.listRemote(remote, [REFS.control]);
  if (offered?.name !== REFS.control) return false;
  const to = landingOf(remote, REFS.control);
  await transport.fetch(remote, [{ from: REFS.control, to }]);
  const commit = await refs.resolve(to);
  if (commit === undefined) return false;
  await learnControl(context, commit);
  // The remote says that something is left here, so what was done before does not count.
  const { restarted } = await applyPurges(context, { isForced: true, keep: new Set([to]) });
  return restarted.length > 0;
}
