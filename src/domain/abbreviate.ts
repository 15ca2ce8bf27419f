/**
 * Beginnings of ids that tell them apart. Ids of executions begin with the time of their start, so those of one burst
 * share their first characters, and a fixed length would not do.
 *
 * @param lengthMin how long a beginning is at least; it grows by as much as it must
 */
export function abbreviate<Id extends string>(ids: Iterable<Id>, lengthMin: number): ReadonlyMap<Id, string> {
  const sorted = [...new Set(ids)].sort();
  const short = new Map<Id, string>();
  for (const [i, id] of sorted.entries()) {
    const shared = Math.max(sharedLength(id, sorted[i - 1] ?? ''), sharedLength(id, sorted[i + 1] ?? ''));
    const length = Math.max(lengthMin, shared + 1);
    short.set(id, id.slice(0, id[length - 1] === '-' ? length + 1 : length));
  }
  return short;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
