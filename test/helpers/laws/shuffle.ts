import { type JournalState, stateOf } from '../../../src/domain/join.ts';
import { Dice } from './dice.ts';
import type { RandomHistory } from './random-history.ts';

/** Numbers that look random and follow from a seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The items in another order (Fisher and Yates). */
export function shuffled<Item>(items: Iterable<Item>, seed: number): Item[] {
  const next = chances(seed);
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [mixed[i], mixed[j]] = [mixed[j] as Item, mixed[i] as Item];
  }
  return mixed;
}

/** Parts of a history that together are the whole; what lies in two parts is what was delivered twice. */
export function portions(history: RandomHistory, count: number, seed: number): JournalState[] {
  const { entries, writers, purges } = history.state;
  const next = chances(seed);
  const deal = <Item>(items: Iterable<Item>): Item[][] => {
    const hands: Item[][] = Array.from({ length: count }, () => []);
    for (const item of shuffled(items, next())) {
      const dice = new Dice(next());
      hands[dice.take(count)]?.push(item);
      if (dice.take(3) === 0) hands[dice.take(count)]?.push(item);
    }
    return hands;
  };
  // Not the united purges: each as it was made, so that two of one entry meet.
  const [some, records, gone] = [deal(entries.values()), deal(writers.values()), deal(history.purges)];
  if (purges.size > history.purges.length) throw new Error('a state has purges that nobody made');
  return some.map((part, i) => stateOf(part, records[i] ?? [], gone[i] ?? []));
}
