/** What has to happen in a work tree so that it holds what a pointer says, and what speaks against it. */
import type { Difference } from './directory-diff.ts';
import type { DvcDirEntry } from './dvc-dir.ts';

export type CheckoutPlan = {
  /** Files to remove, before anything is written. */
  readonly removes: readonly string[];
  /** Files to write, replacing what is there. */
  readonly writes: readonly DvcDirEntry[];
  /** How many are right already. */
  readonly kept: number;
  /** Files whose content would be lost: changed or new, and not in the cache. Nothing may be done while there are any. */
  readonly lost: readonly string[];
  /** Files whose wanted content is not in the cache. Nothing can be done while there are any. */
  readonly absent: readonly DvcDirEntry[];
};

/**
 * Plans a checkout. Whatever disappears from the work tree is in the cache, unless `force` gives it up.
 * @param isStored tells whether the content of this MD5 is in the cache
 */
export function planCheckout(
  differences: Iterable<Difference>,
  isStored: (md5: string) => boolean,
  force: boolean,
): CheckoutPlan {
  const removes: string[] = [];
  const writes: DvcDirEntry[] = [];
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
    else if (isStored(wanted)) writes.push({ relpath, md5: wanted });
    else absent.push({ relpath, md5: wanted });
  }
  return { removes, writes, kept, lost, absent };
}
