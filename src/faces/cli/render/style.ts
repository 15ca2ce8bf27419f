/** How parts of a text are set off; each function keeps the text and adds what a terminal needs. */
export type Style = {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
};

const plain = (text: string) => text;

/** Nothing is set off: for files, pipes and terminals without colour. */
export const PLAIN: Style = { strong: plain, faint: plain, good: plain, bad: plain, doubtful: plain };

const RESET = '\x1b[m';
const paint = (code: number) => (text: string) => (text === '' ? text : `\x1b[${code}m${text}${RESET}`);

/** The colours that git uses for the like. */
const COLOURED: Style = { strong: paint(1), faint: paint(2), good: paint(32), bad: paint(31), doubtful: paint(33) };

/** The style for a place that shows colours, or does not. */
export function styleFor(hasColour: boolean): Style {
  return hasColour ? COLOURED : PLAIN;
}
