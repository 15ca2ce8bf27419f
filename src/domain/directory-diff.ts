import type { DvcDirEntry } from './dvc-dir.ts';
import { compareUtf8 } from './utf8-order.ts';

/** One file of a directory as it should be and as it is; one of both may be missing. */
export type Difference = {
  readonly relpath: string;
  readonly wanted: string | undefined;
  readonly present: string | undefined;
};

/** Compares two lists of files, both in the order of the bytes of their paths, file by file; equal files come too. */
export function* diffDirectories(
  wanted: Iterable<DvcDirEntry>,
  present: Iterable<DvcDirEntry>,
): Generator<Difference, undefined> {
  const [left, right] = [wanted[Symbol.iterator](), present[Symbol.iterator]()];
  let [a, b] = [left.next(), right.next()];
  while (a.done !== true || b.done !== true) {
    const order = a.done === true ? 1 : b.done === true ? -1 : compareUtf8(a.value.relpath, b.value.relpath);
    const want: DvcDirEntry | undefined = order <= 0 ? a.value : undefined;
    const have: DvcDirEntry | undefined = order >= 0 ? b.value : undefined;
    yield { relpath: (want ?? have)?.relpath ?? '', wanted: want?.md5, present: have?.md5 };
    if (order <= 0) a = left.next();
    if (order >= 0) b = right.next();
  }
}

/** The same, to be gone through any number of times if both lists can be. */
export function differencesBetween(
  wanted: Iterable<DvcDirEntry>,
  present: Iterable<DvcDirEntry>,
): Iterable<Difference> {
  return { [Symbol.iterator]: () => diffDirectories(wanted, present) };
}

/** How many files differ. */
export type DiffCounts = { readonly added: number; readonly changed: number; readonly removed: number };

export function countDifferences(differences: Iterable<Difference>): DiffCounts {
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const { wanted, present } of differences) {
    if (wanted === present) continue;
    if (wanted === undefined) counts.added++;
    else if (present === undefined) counts.removed++;
    else counts.changed++;
  }
  return counts;
}

/** The entries of a list in the order that comparing needs: DVC's own texts are in it already. */
export function inOrder(entries: readonly DvcDirEntry[]): readonly DvcDirEntry[] {
  const isSorted = entries.every(
    ({ relpath }, i) => i === 0 || compareUtf8(entries[i - 1]?.relpath ?? '', relpath) < 0,
  );
  return isSorted ? entries : [...entries].sort((a, b) => compareUtf8(a.relpath, b.relpath));
}
