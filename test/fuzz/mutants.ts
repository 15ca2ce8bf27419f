/** One mutant per number: a journal's tree and what it is judged by. */
import { goodTree, JOURNAL_MAKERS } from './journals.ts';
import { oddTree } from './odd-trees.ts';
import type { Question } from './oracle.ts';
import { Random } from './random.ts';
import { fuzzWriter } from './writers.ts';

export type Mutant = Question & {
  /** How it was made. */
  readonly kind: string;
};

const WRITERS = Array.from({ length: 20 }, (_, i) => fuzzWriter(i));
const NAMES = Object.keys(JOURNAL_MAKERS);
/** Long ones cost much and find little. */
const RARE: ReadonlySet<string> = new Set(['many or long']);

/** The mutant of a seed. @param writer one of its own, where many are judged together */
export function mutantOf(seed: number, writer = WRITERS[seed % WRITERS.length] ?? fuzzWriter(0)): Mutant {
  const random = new Random(seed);
  if (random.oneIn(3)) {
    let tree = goodTree(random, writer);
    const base = random.oneIn(3) ? { base: tree, isBaseOptional: random.oneIn(2) } : {};
    for (let times = 1 + random.below(2); times > 0; times--) tree = oddTree(tree, random);
    return { kind: 'odd tree', writer: writer.id, tree, ...base };
  }
  let kind = random.pick(NAMES);
  while (RARE.has(kind) && !random.oneIn(100)) kind = random.pick(NAMES);
  const made = JOURNAL_MAKERS[kind]?.(random, writer);
  if (made === undefined) throw new Error(`no maker ${kind}`);
  return { kind, writer: writer.id, ...made };
}
