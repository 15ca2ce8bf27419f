import { type Digest, formatDigest } from './digest.ts';

/** The four kinds of MD5 with numbers that the caller gives, in 20 bytes each and a slot of an index. */
export interface PackedMd5s {
  /** The number of a digest, -1 where it has none; undefined for a digest that is not of these kinds. */
  find(digest: Digest): number | undefined;
  /**
   * @param digest that is not there yet
   * @param number larger than all before
   * @returns false for a digest that is not of these kinds
   */
  put(number: number, digest: Digest): boolean;
  /** The digest that was put there. */
  at(number: number): Digest;
}

/** The kind as a word of its own, 0 where nothing stands; then four words of the MD5. */
const KINDS: readonly string[] = ['', 'md5', 'md5-dir', 'md5-dos2unix', 'md5-dos2unix-dir'];
const WORDS = 5;
/** A stranger may make up MD5s that all want one slot; those that find none so near stand in a map. */
const STEPS_MAX = 128;
const FIRST_SLOTS = 16;

export function createPackedMd5s(): PackedMd5s {
  let words = new Uint32Array((FIRST_SLOTS / 2) * WORDS);
  // One more than the number of what stands there; at most half of them are taken.
  let slots = new Uint32Array(FIRST_SLOTS);
  const crowded = new Map<string, number>();
  const row = new Uint32Array(WORDS);
  const md5 = Buffer.from(row.buffer, 4);
  const pack = ({ kind, value }: Digest): boolean => {
    row[0] = Math.max(0, KINDS.indexOf(kind));
    // Written as far as it is hex, of either case; a pattern takes several times as long.
    const isHex = value.length === 2 * md5.length && md5.write(value, 'hex') === md5.length;
    return row[0] > 0 && isHex && value === value.toLowerCase();
  };
  const at = (number: number): Digest => {
    row.set(words.subarray(number * WORDS, (number + 1) * WORDS));
    return { kind: KINDS[row[0] ?? 0] ?? '', value: md5.toString('hex') };
  };
  /** The slot of what `row` holds, or the free one where it would stand; -1 where there is none near. */
  const slotOfRow = (): number => {
    const mask = slots.length - 1;
    for (let slot = (row[1] ?? 0) & mask, steps = 0; steps < STEPS_MAX; slot = (slot + 1) & mask, steps++) {
      const number = (slots[slot] ?? 0) - 1;
      if (number < 0 || isEqual(words, number * WORDS, row)) return slot;
    }
    return -1;
  };
  /** Notes the number of what `row` holds. */
  const enter = (number: number): void => {
    const slot = slotOfRow();
    if (slot >= 0) slots[slot] = number + 1;
    else crowded.set(formatDigest(at(number)), number);
  };
  const grow = (): void => {
    const before = words;
    words = new Uint32Array(before.length * 2);
    words.set(before);
    slots = new Uint32Array(slots.length * 2);
    crowded.clear();
    for (let number = 0; number * WORDS < before.length; number++) {
      row.set(words.subarray(number * WORDS, (number + 1) * WORDS));
      if (row[0] !== 0) enter(number);
    }
  };
  return {
    find(digest) {
      if (!pack(digest)) return undefined;
      const number = (slots[slotOfRow()] ?? 0) - 1;
      return number >= 0 || crowded.size === 0 ? number : (crowded.get(formatDigest(digest)) ?? -1);
    },
    put(number, digest) {
      while (number * 2 >= slots.length) grow();
      if (!pack(digest)) return false;
      words.set(row, number * WORDS);
      enter(number);
      return true;
    },
    at,
  };
}

function isEqual(words: Uint32Array, at: number, row: Uint32Array): boolean {
  for (let i = WORDS - 1; i >= 0; i--) if (words[at + i] !== row[i]) return false;
  return true;
}
