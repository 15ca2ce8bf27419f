import { type Digest, formatDigest } from './digest.ts';
import { createPackedMd5s } from './packed-md5s.ts';

/** Digests by kind and value, each once, with numbers from 0 in the order in which they came. An MD5 takes some 30 bytes. */
export interface DigestSet extends Iterable<Digest> {
  readonly size: number;
  /** @returns its number, which it has for good */
  add(digest: Digest): number;
  has(digest: Digest): boolean;
  /** The number of a digest; -1 for one that is not in the set. */
  find(digest: Digest): number;
  /** The digest that got this number from `add`. */
  at(number: number): Digest;
  values(): Iterable<Digest>;
}

/** A set with these digests in it. */
export function createDigestSet(digests: Iterable<Digest> = []): DigestSet {
  const md5s = createPackedMd5s();
  const others = new Map<number, Digest>();
  const numbers = new Map<string, number>();
  let size = 0;
  const find = (digest: Digest): number =>
    md5s.find(digest) ?? (numbers.size === 0 ? -1 : (numbers.get(formatDigest(digest)) ?? -1));
  const at = (number: number): Digest => others.get(number) ?? md5s.at(number);
  const set: DigestSet = {
    get size() {
      return size;
    },
    add(digest) {
      const known = find(digest);
      if (known >= 0) return known;
      const number = size++;
      if (md5s.put(number, digest)) return number;
      others.set(number, digest);
      numbers.set(formatDigest(digest), number);
      return number;
    },
    has: (digest) => find(digest) >= 0,
    find,
    at,
    *values() {
      for (let number = 0; number < size; number++) yield at(number);
    },
    [Symbol.iterator]: () => set.values()[Symbol.iterator](),
  };
  for (const digest of digests) set.add(digest);
  return set;
}
