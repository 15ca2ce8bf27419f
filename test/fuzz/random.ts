import { chances } from '../helpers/laws/shuffle.ts';

/** Choices that follow from a seed. */
export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = chances(seed);
  }

  /** 0 ≤ result < count. */
  below(count: number): number {
    return this.next() % Math.max(count, 1);
  }

  /** True once in so many times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Hex digits. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }
}
