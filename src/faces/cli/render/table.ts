/**
 * Text tables: a heading, rows, columns two spaces apart. Texts come from repositories and may hold anything.
 */
import { visible } from '../../../domain/visible.ts';
import { displayWidth, fitWidth } from './display-width.ts';
import type { Style } from './style.ts';

/** One column. Only those that may shrink are cut when the table is wider than the place for it. */
export type Column = {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly mayShrink?: boolean;
};

/** What stands in a row under a column; `paint` sets it off. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** Where the table goes. */
export type Place = {
  /** Without it nothing is cut. */
  readonly columns?: number | undefined;
  readonly style: Style;
};

const GAP = 2;
const WIDTH_MIN = 8;

/** The table; nothing at all when there are no rows. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], place: Place): string {
  if (rows.length === 0) return '';
  const heading: readonly Cell[] = columns.map(({ title }) => ({ text: title, paint: place.style.faint }));
  const lines = [heading, ...rows].map((row) => row.map(readCell));
  const widths = fitColumns(columns, lines, place.columns);
  return lines.map((line) => `${renderLine(columns, line, widths)}\n`).join('');
}

type ReadCell = { readonly text: string; readonly width: number; readonly paint: (text: string) => string };

function readCell(cell: Cell): ReadCell {
  const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (same: string) => same } : cell;
  const shown = visible(text);
  return { text: shown, width: displayWidth(shown), paint };
}

/** The widths of the columns: as wide as their widest cell, and the widest that may shrink narrowed until all fit. */
function fitColumns(
  columns: readonly Column[],
  lines: readonly (readonly ReadCell[])[],
  room: number | undefined,
): readonly number[] {
  const widths = columns.map((_, i) => lines.reduce((width, line) => Math.max(width, line[i]?.width ?? 0), 0));
  if (room === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1) - room;
  while (excess > 0) {
    const shrinkable = widths.map((width, i) => (columns[i]?.mayShrink === true && width > WIDTH_MIN ? width : 0));
    const [widest = 0, second = 0] = [...shrinkable].sort((a, b) => b - a);
    if (widest === 0) return widths;
    const next = Math.max(WIDTH_MIN, widest - excess, Math.min(second, widest - 1));
    widths[shrinkable.indexOf(widest)] = next;
    excess -= widest - next;
  }
  return widths;
}

function renderLine(columns: readonly Column[], line: readonly ReadCell[], widths: readonly number[]): string {
  const cells = columns.map(({ align }, i) => {
    const { text, width, paint } = line[i] ?? { text: '', width: 0, paint: (same: string) => same };
    const room = widths[i] ?? 0;
    const fitted = width > room ? fitWidth(text, room) : text;
    const padding = ' '.repeat(Math.max(0, room - displayWidth(fitted)));
    if (align === 'right') return `${padding}${paint(fitted)}`;
    return i === columns.length - 1 ? paint(fitted) : `${paint(fitted)}${padding}`;
  });
  return cells.join(' '.repeat(GAP)).trimEnd();
}
