import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { displayWidth } from '../../../../src/faces/cli/render/display-width.ts';
import { PLAIN, styleFor } from '../../../../src/faces/cli/render/style.ts';
import { renderTable } from '../../../../src/faces/cli/render/table.ts';

const it = suite('table');

const COLUMNS = [
  { title: 'NAME', mayShrink: true },
  { title: 'N', align: 'right' },
  { title: 'NOTE', mayShrink: true },
] as const;

it('aligns columns, numbers to the right, with nothing behind the last', () => {
  assert.is(
    renderTable(
      COLUMNS,
      [
        ['a', '1', 'x'],
        ['日本', '100', ''],
      ],
      { style: PLAIN },
    ),
    ['NAME    N  NOTE', 'a       1  x', '日本  100', ''].join('\n'),
  );
});

it('is nothing without rows', () => {
  assert.is(renderTable(COLUMNS, [], { style: PLAIN }), '');
});

it('cuts nothing where there is no width', () => {
  assert.match(renderTable(COLUMNS, [['a'.repeat(500), '1', 'b'.repeat(500)]], { style: PLAIN }), 'b'.repeat(500));
});

it('narrows the widest column that may shrink', () => {
  const table = renderTable(COLUMNS, [['a'.repeat(30), '12', 'short note']], { columns: 30, style: PLAIN });
  assert.is(table, ['NAME             N  NOTE', `${'a'.repeat(13)}…  12  short note`, ''].join('\n'));
});

it('does not cut what may not shrink', () => {
  const table = renderTable([{ title: 'ID' }], [['x'.repeat(40)]], { columns: 10, style: PLAIN });
  assert.match(table, 'x'.repeat(40));
});

it('shows what would move the cursor, and keeps a row on one line', () => {
  const table = renderTable(COLUMNS, [['a\x1b[2J\nb', '1', '\u202e']], { style: PLAIN });
  assert.match(table, 'a\\x1b[2J\\nb');
  assert.match(table, '\\u202e');
  assert.is(table.split('\n').length, 3);
});

it('paints without counting the paint', () => {
  const { bad } = styleFor(true);
  const rows = [
    [{ text: 'failed', paint: bad }, '1', 'x'],
    ['ok', '2', 'y'],
  ];
  const lines = renderTable(COLUMNS, rows, { style: PLAIN }).split('\n');
  assert.is(lines[1], '\x1b[31mfailed\x1b[m  1  x');
  assert.is(lines[2], 'ok      2  y');
});

it('fits any texts into the room, as long as columns have their least width', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 18, max: 60 }),
      (rows, columns) => {
        const shape = [
          { title: 'A', mayShrink: true },
          { title: 'B', mayShrink: true },
        ];
        for (const line of renderTable(shape, rows, { columns, style: PLAIN }).split('\n')) {
          assert.ok(displayWidth(line) <= columns, line);
        }
      },
    ),
  );
});

it.run();
