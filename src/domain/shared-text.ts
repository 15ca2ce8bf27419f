/** One copy of texts that come again and again: every line of a journal names its writer, its bucket, its execution. */

const SLOTS = 1024;
const slots: string[] = new Array(SLOTS).fill('');

/**
 * The same text; of equal ones that come soon after each other, the same copy. Remembers a fixed number of texts and
 * changes nothing but memory: a JSON parser makes a new copy of each text it meets.
 */
export function sharedText<Text extends string>(text: Text): Text {
  const slot = slotOf(text);
  const known = slots[slot];
  if (known === text) return known as Text;
  slots[slot] = text;
  return text;
}

/**
 * The same for a piece of a longer text, in printable ASCII without quotes and backslashes. Engines make pieces that point
 * into the whole; the copy that is remembered does not keep it alive.
 */
export function sharedPiece(piece: string): string {
  const slot = slotOf(piece);
  const known = slots[slot];
  if (known === piece) return known;
  const own = JSON.parse(`"${piece}"`) as string;
  slots[slot] = own;
  return own;
}

/** Ids are random in their last digits. */
function slotOf(text: string): number {
  const { length } = text;
  let sum = length;
  for (let i = Math.max(0, length - 6); i < length; i++) sum = Math.imul(sum, 31) + text.charCodeAt(i);
  return sum & (SLOTS - 1);
}
