/**
 * Writes one text as a YAML scalar the way DVC's writer does: plain where every reader takes it for that text, else in
 * single quotes, else (a control character, a line break, or an apostrophe in what needs quotes) in double quotes.
 *
 * DVC reads YAML 1.2 with wider rules than the core schema: `012`, `1_000`, `1e5` and `2024-01-01` are no text for it, so
 * about one MD5 in a million must be quoted. Unlike DVC, never folds a long line: its folding differs between releases.
 */
export function quoteScalar(text: string): string {
  if (text.search(UNPRINTABLE) >= 0) return doubleQuoted(text);
  if (!isNotPlain(text)) return text;
  return text.includes("'") ? doubleQuoted(text) : `'${text}'`;
}

/** True where plain text would be read as something else, or not at all. */
function isNotPlain(text: string): boolean {
  return (
    text === '' ||
    /^[#,[\]{}&*!|>'"%@` ]|^---|^\.\.\.|^[-?:](?: |$)|: | #|:$| $/.test(text) ||
    /^(?:true|True|TRUE|false|False|FALSE|null|Null|NULL|~|=|<<)$/.test(text) ||
    isNumberOrDate(text)
  );
}

/** The numbers and dates of ruamel.yaml's YAML 1.2 resolver, somewhat widened: quotes too many do no harm. */
function isNumberOrDate(text: string): boolean {
  if (!/^[-+.0-9]/.test(text)) return false;
  return (
    /^[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)$/.test(text) ||
    /^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?$/.test(text) ||
    /^[-+]?\.(?:[0-9_]+(?:[eE][-+]?[0-9]+)?|inf|Inf|INF|nan|NaN|NAN)$/.test(text) ||
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ||
    /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]| +)[0-9]{1,2}:[0-9]{2}:[0-9]{2}/.test(text)
  );
}

/** What a YAML writer escapes: all but printable ASCII and printable Unicode; line breaks of any kind, and U+FEFF. */
const UNPRINTABLE = /[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['\x85', 'N'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

function doubleQuoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(UNPRINTABLE, (character) => {
    const short = SHORT_ESCAPES.get(character);
    if (short !== undefined) return `\\${short}`;
    const hex = character.charCodeAt(0).toString(16).toUpperCase();
    return hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
