/**
 * Text from a repository, shown so that it cannot move the cursor, hide itself or pretend to be another line: control
 * characters, line breaks, bidirectional overrides and invisible format characters are written as escapes.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escaped);
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  // Joiners between the parts of an emoji, and marks that a script needs, are part of the text.
  if (character === '\u200d' || character === '\u200c') return character;
  const code = character.codePointAt(0) ?? 0;
  return (
    SHORT[character] ??
    (code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`)
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
