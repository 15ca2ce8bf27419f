import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createFileTable, type FileTable, SUMS_BYTES } from '../../src/domain/file-table.ts';

const test = suite('file-table');

function sumsOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: SUMS_BYTES }, (_, i) => (seed * 31 + i) % 256);
}

function fill(paths: readonly (string | Uint8Array)[]): FileTable {
  const table = createFileTable();
  for (const [i, path] of paths.entries()) {
    const row = table.add(path, i);
    table.setSums(row, sumsOf(i), 0);
  }
  return table;
}

test('gives back what was put in, over many pages', () => {
  const paths = Array.from({ length: 9000 }, (_, i) => `folder ${i % 7}/é${i}`);
  const table = fill(paths);
  assert.is(table.count, 9000);
  for (const row of [0, 1, 4095, 4096, 8191, 8999]) {
    assert.is(table.path(row), paths[row]);
    assert.is(table.sizeBytes(row), row);
    const hex = Buffer.from(sumsOf(row)).toString('hex');
    assert.is(table.md5(row) + table.blake3(row), hex);
  }
});

test('the total follows the sizes, which may turn out otherwise when a file is read', () => {
  const table = fill(['a', 'b', 'c']);
  assert.is(table.totalBytes, 3);
  table.setSize(1, 100);
  assert.is(table.totalBytes, 102);
});

test('rows come in the order of the bytes of their paths, however they were added', () => {
  const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.uint8Array({ minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(fc.uniqueArray(name, { selector: (one) => Buffer.from(one as string).toString('hex') }), (paths) => {
      const well = paths.filter((path) => typeof path !== 'string' || path.isWellFormed());
      const table = fill(well);
      const sorted = [...table.sorted()].map((row) => Buffer.from(table.path(row) as string));
      assert.equal(sorted, well.map((path) => Buffer.from(path as string)).sort(Buffer.compare));
    }),
  );
});

test.run();
