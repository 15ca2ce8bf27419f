/** What stands for any text: `[..]`, with a word for the reader (`[id..]`) and as many dots as keep a table in line. */
const WILDCARD = /\[[a-z]*\.{2,}\]/;

/** True if a line is what a transcript says. */
export function matchesLine(expected: string, actual: string): boolean {
  const parts = expected.split(WILDCARD).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
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

/** What is different every time: ids of executions, times, hashes. */
const CHANGING: readonly (readonly [word: string, pattern: RegExp])[] = [
  ['id', /(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{4}(?:-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?(?![0-9a-f-])/g],
  ['time', /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g],
  ['hash', /(?<![0-9a-z.-])(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}(?![0-9a-z])/g],
];

/** The output to put into a transcript: a line that the old one matches stays as it was written there. */
export function updatedLines(expected: readonly string[], actual: readonly string[], folder: string): string[] {
  if (matchesLines(expected, actual)) return [...expected];
  return actual.map((line, i) => {
    const before = expected[i];
    if (before !== undefined && matchesLine(before, line)) return before;
    const plain = line.replaceAll(folder, '[..]');
    return CHANGING.reduce((text, [word, pattern]) => text.replace(pattern, (found) => wildcard(word, found)), plain);
  });
}

/** As wide as what it stands for, where that is possible. */
function wildcard(word: string, found: string): string {
  const room = found.length - '[]'.length;
  const said = room < word.length + 2 ? '' : word;
  return `[${said}${'.'.repeat(Math.max(2, room - said.length))}]`;
}
