/**
 * How many columns of a terminal a text takes: two for East Asian wide characters and emoji, none for marks that join the
 * character before them (Unicode Standard Annex 11 and 29). The text must be visible already: no control characters.
 */

/** Printable ASCII, where a character is a column. */
const ASCII = /^[ -~]*$/;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{4dbf}\u{4e00}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])/u;
/** A character of its own that only joins: a mark at the beginning of a text. */
const NO_WIDTH = /^[\p{M}\u200c\u200d]+$/u;

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The columns of a text. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += widthOf(segment);
  return width;
}

function widthOf(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return NO_WIDTH.test(grapheme) ? 0 : 1;
}

/** The text itself if it has room, else as much of its beginning as leaves room for `…`. */
export function fitWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let fitted = '';
  let width = 1;
  for (const { segment } of SEGMENTER.segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    fitted += segment;
  }
  return columns < 1 ? '' : `${fitted}…`;
}
