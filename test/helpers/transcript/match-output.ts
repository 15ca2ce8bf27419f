/** True if a line is what a transcript says: `[..]` stands for any text. */
export function matchesLine(expected: string, actual: string): boolean {
  const parts = expected.split('[..]').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(actual);
}

/** True if all lines are what a transcript says: a line `...` stands for any number of them. */
export function matchesLines(expected: readonly string[], actual: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return actual.length === 0;
  if (first !== '...') {
    const [line, ...more] = actual;
    return line !== undefined && matchesLine(first, line) && matchesLines(rest, more);
  }
  return actual.some((_, i) => matchesLines(rest, actual.slice(i))) || matchesLines(rest, []);
}

/** What is different every time: ids, hashes, times, the folder that the transcript ran in. */
const CHANGING = [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
  /\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b/g,
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g,
];

/** The output to put into a transcript: a line that the old one matches stays as it was written there. */
export function updatedLines(expected: readonly string[], actual: readonly string[], folder: string): string[] {
  if (matchesLines(expected, actual)) return [...expected];
  return actual.map((line, i) => {
    const before = expected[i];
    if (before !== undefined && matchesLine(before, line)) return before;
    const plain = line.replaceAll(folder, '[..]');
    return CHANGING.reduce((text, pattern) => text.replace(pattern, '[..]'), plain);
  });
}
