import { randomBytes, randomFillSync } from 'node:crypto';

/** Bytes asked of the system at once. */
const POOL_BYTES = 4096;

/**
 * Random bytes for many small questions: one question to the system for a few hundred of them, since each costs more than
 * what a record needs them for. No byte is given twice, none stays here after it was given, and what would take much of a
 * pool (a key, say, beside which nothing else should lie) is asked of the system itself.
 */
export function randomPool(): (count: number) => Uint8Array {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return (count) => {
    if (count > 16) return randomBytes(count);
    if (at + count > POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    const bytes = Uint8Array.prototype.slice.call(pool, at, at + count);
    pool.fill(0, at, at + count);
    at += count;
    return bytes;
  };
}
