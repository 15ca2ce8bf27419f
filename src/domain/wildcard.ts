/** One step of a compiled pattern: any run of characters, or one character that the test accepts. */
type Step = { readonly kind: 'star' } | { readonly kind: 'one'; readonly accepts: (character: string) => boolean };

/** A compiled pattern for one part of a path (between slashes). */
export type Wildcard = readonly Step[];

/**
 * Compiles one part of a gitignore pattern: `*`, `?`, `[a-z]`, `[!a]`, `[^a]`, and a backslash that takes the next
 * character as it is. Undefined for a bracket that is never closed: such a pattern matches nothing.
 */
export function compileWildcard(pattern: string): Wildcard | undefined {
  const characters = [...pattern];
  const steps: Step[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    const end = character === '[' ? endOfClass(characters, i) : 0;
    if (end < 0) return undefined;
    if (character === '*') steps.push({ kind: 'star' });
    else if (character === '?') steps.push({ kind: 'one', accepts: () => true });
    else if (end > 0) steps.push({ kind: 'one', accepts: compileClass(characters.slice(i + 1, end)) });
    else steps.push(literal(character === '\\' ? (characters[++i] ?? '\\') : character));
    if (end > 0) i = end;
  }
  return steps;
}

function literal(expected: string): Step {
  return { kind: 'one', accepts: (character) => character === expected };
}

/** The index of the bracket that closes the class opened at `start`, or -1. A bracket right after the start is a member. */
function endOfClass(characters: readonly string[], start: number): number {
  let i = start + 1;
  if (characters[i] === '!' || characters[i] === '^') i++;
  if (characters[i] === ']') i++;
  while (i < characters.length && characters[i] !== ']') i += characters[i] === '\\' ? 2 : 1;
  return i < characters.length ? i : -1;
}

function compileClass(body: readonly string[]): (character: string) => boolean {
  const negated = body[0] === '!' || body[0] === '^';
  const ranges: [number, number][] = [];
  for (let i = negated ? 1 : 0; i < body.length; i++) {
    if (body[i] === '\\') i++;
    const from = codePoint(body[i]);
    const isRange = body[i + 1] === '-' && i + 2 < body.length;
    if (isRange) i += body[i + 2] === '\\' ? 3 : 2;
    ranges.push([from, isRange ? codePoint(body[i]) : from]);
  }
  return (character) => {
    const code = codePoint(character);
    return ranges.some(([from, to]) => code >= from && code <= to) !== negated;
  };
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

/** True if the pattern matches the whole text. Time is at most length × length: no pattern makes it explode. */
export function matchesWildcard(wildcard: Wildcard, text: string): boolean {
  return matchSequence(
    [...text],
    wildcard,
    (step) => step.kind === 'star',
    (step, character) => {
      return step.kind === 'one' && step.accepts(character);
    },
  );
}

/**
 * Matches a sequence against steps of which some take any run of items: when a step fails, only the last such run need
 * grow, so there is no recursion and no exponential case.
 */
export function matchSequence<Item, Pattern>(
  items: readonly Item[],
  steps: readonly Pattern[],
  isRun: (step: Pattern) => boolean,
  accepts: (step: Pattern, item: Item) => boolean,
): boolean {
  let at = 0;
  let step = 0;
  let runStep = -1;
  let runEnd = 0;
  while (at < items.length) {
    const current = steps[step];
    if (current !== undefined && isRun(current)) {
      runStep = step++;
      runEnd = at;
    } else if (current !== undefined && accepts(current, items[at] as Item)) {
      step++;
      at++;
    } else if (runStep >= 0) {
      step = runStep + 1;
      at = ++runEnd;
    } else {
      return false;
    }
  }
  return steps.slice(step).every(isRun);
}
