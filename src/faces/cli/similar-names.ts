/** More typing errors than this make another word. */
const DISTANCE_MAX = 2;

/** The names that somebody may have meant: one begins the other, a word of it was typed, or a typing error apart. */
export function similarNames(names: readonly string[], typed: string): string[] {
  return names.filter(
    (name) =>
      (typed.length > 1 && (name.startsWith(typed) || typed.startsWith(name))) ||
      name.split('-').includes(typed) ||
      distance(name, typed) <= Math.min(DISTANCE_MAX, Math.floor(name.length / 2)),
  );
}

/** Letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
