/**
 * One whole number as a sequence of choices. A random history is a list of numbers, each of which decides one step; so
 * making one is cheap, and a smaller number is a simpler step, which is what shrinking needs.
 */
export class Dice {
  #rest: number;

  constructor(seed: number) {
    this.#rest = seed;
  }

  /** A number from 0 to count − 1. */
  take(count: number): number {
    const taken = this.#rest % count;
    this.#rest = Math.floor(this.#rest / count);
    return taken;
  }

  /** One of several. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.take(items.length)] ?? items[0];
  }

  /** One of the items, or undefined where there is none. */
  pickAny<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.take(items.length)];
  }

  /** Some of the last few items. */
  some<Item>(items: readonly Item[], atMost = 3): Item[] {
    return items.slice(-atMost).filter(() => this.take(2) === 1);
  }
}
