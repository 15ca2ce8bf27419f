/** Purges that a remote follows and this clone does not, since their keys are not pinned here. */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { visible } from '../domain/visible.ts';
import type { Context } from './clone.ts';
import { ADMIN_KEY, type Unpinned, unpinnedIn } from './control.ts';
import { landingOf } from './landing.ts';
import { purgedIdsIn } from './push-outcome.ts';

/**
 * The purges for which a remote refused a push, as far as its control records say so that were fetched last.
 * @returns none where it was refused for something else
 */
export async function purgesBehind(context: Context, remote: string, refusal: CmfError): Promise<readonly Unpinned[]> {
  const refused = purgedIdsIn(refusal);
  const commit =
    refused.length === 0 ? undefined : await context.repository.refs.resolve(landingOf(remote, REFS.control));
  const strange = commit === undefined ? [] : await unpinnedIn(context, commit);
  const named = strange.filter(({ ids }) => refused.some((id) => ids.has(id)));
  // A record that was sealed again is refused under its new id, and purged under its first.
  return named.length > 0 ? named : strange;
}

/** The refusal, with the way on for whoever trusts these keys. */
export function withWayOn(refusal: CmfError, [first]: readonly Unpinned[]): CmfError {
  if (first === undefined) return refusal;
  const who = first.label === undefined ? 'a key without a name' : `'${visible(first.label)}'`;
  const hint =
    `purged there by ${who}, whose key is not pinned here. If you trust it: ` +
    `git config --add ${ADMIN_KEY} ${first.key} && git cmf push`;
  return new CmfError('refused', { message: refusal.message, hint, cause: refusal });
}
