import type { CheckoutFile } from '../../ports/object-cache.ts';

/** Files that are still to be made, of which no more are held in memory than were taken. */
export interface FileSupply {
  isEmpty(): boolean;
  /** The next ones; fewer where there are no more. */
  take(count: number): CheckoutFile[];
  /** Those of which nothing was made. */
  giveBack(files: readonly CheckoutFile[]): void;
}

export function openSupply(files: Iterable<CheckoutFile>): FileSupply {
  const iterator = files[Symbol.iterator]();
  const back: CheckoutFile[] = [];
  let next = iterator.next();
  return {
    isEmpty: () => back.length === 0 && next.done === true,
    take(count) {
      const taken = back.splice(0, count);
      for (; taken.length < count && next.done !== true; next = iterator.next()) taken.push(next.value);
      return taken;
    },
    giveBack: (files) => void back.push(...files),
  };
}
