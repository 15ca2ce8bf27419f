/** What DVC 2 hashed instead of the bytes: text with CR LF folded to LF. */

const SAMPLE_BYTES = 512;
const TEXT_SHARE = 0.3;
const CR = 0x0d;
const LF = 0x0a;

/** True if DVC 2 took content that begins like this for text: no NUL, and at most 30 % of bytes that text has not. */
export function isDvcText(beginning: Uint8Array): boolean {
  const sample = beginning.subarray(0, SAMPLE_BYTES);
  if (sample.includes(0)) return false;
  const odd = sample.reduce((count, byte) => count + (isTextByte(byte) ? 0 : 1), 0);
  return odd / Math.max(sample.length, 1) <= TEXT_SHARE;
}

function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || (byte >= 0x08 && byte <= 0x0d && byte !== 0x0b);
}

/** Takes the CR out of each CR LF. A pair that is split between two pieces stays, as in DVC. */
export function foldLineEnds(piece: Uint8Array): Uint8Array {
  const folded = new Uint8Array(piece.length);
  let length = 0;
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] === CR && piece[i + 1] === LF) continue;
    folded[length++] = piece[i] ?? 0;
  }
  return folded.subarray(0, length);
}
