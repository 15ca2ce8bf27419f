/** What a person wants to keep in the cache besides what is needed. */
import { type Digest, isWellFormedDigest } from './digest.ts';

export type KeepRule =
  /** Whatever came or changed within this time. */
  | { readonly kind: 'age'; readonly ms: number }
  /** This object; of a folder's list, its files too. */
  | { readonly kind: 'digest'; readonly digest: Digest };

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]);

/** As `git gc` does: what is younger may belong to something that is not finished yet. */
export const DEFAULT_KEEP_MS = 14 * 86_400_000;

/**
 * Reads `14d`, `12h`, `0d` or `md5:…`.
 * @returns undefined for any other text
 */
export function parseKeepRule(text: string): KeepRule | undefined {
  const [, count, unit = ''] = /^([0-9]{1,6})([mhdw])$/.exec(text) ?? [];
  const unitMs = UNITS_MS.get(unit);
  if (count !== undefined && unitMs !== undefined) return { kind: 'age', ms: Number(count) * unitMs };
  const colon = text.indexOf(':');
  const digest = { kind: text.slice(0, Math.max(colon, 0)), value: text.slice(colon + 1) };
  return /^md5(?:-dos2unix)?(?:-dir)?$/.test(digest.kind) && isWellFormedDigest(digest)
    ? { kind: 'digest', digest }
    : undefined;
}
