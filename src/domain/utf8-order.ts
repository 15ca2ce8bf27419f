/**
 * Compares two texts as their UTF-8 bytes compare (which is the order of their code points), without encoding them.
 *
 * JavaScript compares UTF-16 units, and puts the halves of a character above U+FFFF (0xD800-0xDFFF) before U+E000-U+FFFF;
 * moving the halves behind the rest of the plane mends the order.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return weight(left) - weight(right);
  }
  return a.length - b.length;
}

function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
