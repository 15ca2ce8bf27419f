/** What has to happen in a work tree so that it holds what a pointer says, and what speaks against it. */
import type { Difference } from './directory-diff.ts';
import type { DvcDirEntry } from './dvc-dir.ts';

export type CheckoutPlan = {
  /** Files to remove, before anything is written. */
  readonly removes: readonly string[];
  /** Files to write, replacing what is there. */
  readonly writes: Iterable<DvcDirEntry>;
  readonly writesTotal: number;
  /** How many are right already. */
  readonly kept: number;
  /** Files whose content would be lost: changed or new, and not in the cache. Nothing may be done while there are any. */
  readonly lost: readonly string[];
  /** Files whose wanted content is not in the cache. Nothing can be done while there are any. */
  readonly absent: readonly DvcDirEntry[];
};

/**
 * Plans a checkout. Of what is to be written no list is made: it is all of a large folder the first time. Whatever disappears from the work tree is in the cache, unless `force` gives it up.
 * @param differences can be gone through again, as long as the plan is used
 * @param isStored tells whether the content of this MD5 is in the cache
 */
export function planCheckout(
  differences: Iterable<Difference>,
  isStored: (md5: string) => boolean,
  force: boolean,
): CheckoutPlan {
  const removes: string[] = [];
  let writesTotal = 0;
  const lost: string[] = [];
  const absent: DvcDirEntry[] = [];
  let kept = 0;
  for (const { relpath, wanted, present } of differences) {
    if (wanted === present) {
      kept++;
      continue;
    }
    if (present !== undefined && !force && !isStored(present)) lost.push(relpath);
    if (wanted === undefined) removes.push(relpath);
    else if (isStored(wanted)) writesTotal++;
    else absent.push({ relpath, md5: wanted });
  }
  const writes = { [Symbol.iterator]: () => findWrites(differences, isStored) };
  return { removes, writes, writesTotal, kept, lost, absent };
}

function* findWrites(
  differences: Iterable<Difference>,
  isStored: (md5: string) => boolean,
): Generator<DvcDirEntry, undefined> {
  for (const { relpath, wanted, present } of differences) {
    if (wanted !== undefined && wanted !== present && isStored(wanted)) yield { relpath, md5: wanted };
  }
}
