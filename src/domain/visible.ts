/**
 * Text from a repository, made safe to look at: whatever would move the cursor, hide text or turn it around is shown as an
 * escape, so that what one sees is what is there.
 */

/**
 * Control characters, line and paragraph separators, characters of format (no width, direction marks and overrides as in
 * "Trojan Source", CVE-2021-42574, tags) and halves of surrogate pairs. The two joiners stay: emoji and several scripts
 * are written with them.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** One line of text in which nothing is hidden: `\n`, `\x1b`, `\u202e`, `\u{e0001}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/**
 * JSON text in which nothing is hidden. JSON allows such characters inside strings only, so the document still means the
 * same.
 */
export function visibleJson(json: string): string {
  return json.replace(UNSAFE, (character) => character.replace(/./gs, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`));
}

function escapeCharacter(character: string): string {
  const short = SHORT.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
