/** A commit of a history: its parents and when it was made. */
export type Dated = { readonly commit: string; readonly parents: readonly string[]; readonly timeSeconds: number };

/**
 * Commits with parents before children, and else the oldest first; of two of one second the lesser id. A function of the set
 * of commits alone, whatever order they come in. Parents that are not among them are not waited for.
 */
export function oldestFirst<Commit extends Dated>(commits: readonly Commit[]): Commit[] {
  const all = new Map(commits.map((one) => [one.commit, one]));
  const waits = new Map<string, number>();
  const children = new Map<string, Commit[]>();
  const ready = new Heap<Commit>(isOlder);
  for (const one of all.values()) {
    const parents = [...new Set(one.parents)].filter((parent) => all.has(parent));
    waits.set(one.commit, parents.length);
    if (parents.length === 0) ready.push(one);
    for (const parent of parents) {
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [one]);
      else known.push(one);
    }
  }
  const order: Commit[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    order.push(next);
    for (const child of children.get(next.commit) ?? []) {
      const left = (waits.get(child.commit) ?? 0) - 1;
      waits.set(child.commit, left);
      if (left === 0) ready.push(child);
    }
  }
  return order;
}

function isOlder(a: Dated, b: Dated): boolean {
  return a.timeSeconds === b.timeSeconds ? a.commit < b.commit : a.timeSeconds < b.timeSeconds;
}

/** A binary heap: the least item first. */
class Heap<Item> {
  private readonly items: Item[] = [];
  private readonly isLess: (a: Item, b: Item) => boolean;

  constructor(isLess: (a: Item, b: Item) => boolean) {
    this.isLess = isLess;
  }

  push(item: Item): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isLess(item, this.at(parent))) break;
      this.items[at] = this.at(parent);
      at = parent;
    }
    this.items[at] = item;
  }

  pop(): Item | undefined {
    const [first] = this.items;
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.isLess(this.at(child + 1), this.at(child))) child++;
      if (!this.isLess(this.at(child), last)) break;
      this.items[at] = this.at(child);
      at = child;
    }
    this.items[at] = last;
    return first;
  }

  private at(index: number): Item {
    return this.items[index] as Item;
  }
}
