/**
 * Purges that a remote holds to and this clone does not, since their keys are not pinned here. The remote says so by refusing
 * what they name; from then on that is left out of what is sent there, and of nothing else. Control records alone prove
 * nothing: on a host without hooks anybody can leave some.
 *
 *     <common git dir>/cmf/left-out.json     {"<hash of the remote's name or URL>": ["<key>"…]}
 *
 * A hint: lost, the next push is refused once more, and writes it again.
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { CmfError } from '../domain/errors.ts';
import { type EntryId, REFS } from '../domain/ids.ts';
import { visible } from '../domain/visible.ts';
import { type Context, stateDirectory } from './clone.ts';
import { ADMIN_KEY, type Unpinned, unpinnedIn } from './control.ts';
import { attemptHint } from './hint.ts';
import { landingOf, placeOf } from './landing.ts';
import { purgedIdsIn } from './push-outcome.ts';

/** The purges to which a remote holds, as its refusals and its control records said that were fetched last. */
export async function strangePurges(context: Context, remote: string): Promise<readonly Unpinned[]> {
  const keys = new Set(readAll(context).get(placeOf(remote)));
  return keys.size === 0 ? [] : (await offeredBy(context, remote)).filter(({ key }) => keys.has(key));
}

/** Every id that these purges name. */
export function idsOf(purges: readonly Unpinned[]): ReadonlySet<EntryId> {
  return new Set(purges.flatMap(({ ids }) => [...ids]));
}

/**
 * Remembers for which purges a remote refused a push; its control records have been fetched.
 * @returns true when that is news
 */
export async function noteRefusal(context: Context, remote: string, refusal: CmfError): Promise<boolean> {
  const known = new Set(readAll(context).get(placeOf(remote)));
  const news = (await purgesBehind(context, remote, refusal)).filter(({ key }) => !known.has(key));
  if (news.length === 0) return false;
  const all = new Map([...readAll(context), [placeOf(remote), [...known, ...news.map(({ key }) => key)]]]);
  attemptHint(context, () => context.disk.writeHint(pathOf(context), JSON.stringify(Object.fromEntries(all))));
  return true;
}

/** The refusal, with the way on for whoever trusts the keys behind it. */
export async function withWayOn(context: Context, remote: string, refusal: CmfError): Promise<CmfError> {
  const [first] = await purgesBehind(context, remote, refusal);
  if (first === undefined) return refusal;
  return new CmfError('refused', {
    message: refusal.message,
    hint: `purged there by ${nameOf(first)}, whose key is not pinned here. If you trust it: ${pinning(first)}`,
    cause: refusal,
  });
}

/** Who purged, by their own words. */
export function nameOf({ label }: Pick<Unpinned, 'label'>): string {
  return label === undefined ? 'a key without a name' : `'${visible(label)}'`;
}

/** The command that makes a push follow. */
export function pinning({ key }: Pick<Unpinned, 'key'>): string {
  return `git config --add ${ADMIN_KEY} ${key} && git cmf push`;
}

/** None where a push was refused for something else. */
async function purgesBehind(context: Context, remote: string, refusal: CmfError): Promise<readonly Unpinned[]> {
  const refused = purgedIdsIn(refusal);
  const strange = refused.length === 0 ? [] : await offeredBy(context, remote);
  const named = strange.filter(({ ids }) => refused.some((id) => ids.has(id)));
  // A record that was sealed again is refused under its new id, and purged under its first.
  return named.length > 0 ? named : strange;
}

async function offeredBy(context: Context, remote: string): Promise<readonly Unpinned[]> {
  const commit = await context.repository.refs.resolve(landingOf(remote, REFS.control));
  return commit === undefined ? [] : unpinnedIn(context, commit);
}

function pathOf(context: Context): string {
  return `${stateDirectory(context)}/left-out.json`;
}

function readAll(context: Context): Map<string, readonly string[]> {
  try {
    const json: unknown = JSON.parse(Buffer.from(context.disk.read(pathOf(context)) ?? []).toString('utf8'));
    const places = isJsonObject(json) ? Object.entries(json) : [];
    return new Map(places.map(([place, keys]) => [place, Array.isArray(keys) ? keys.filter(isText) : []]));
  } catch {
    // A hint that a crash cut short is no hint.
    return new Map();
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
