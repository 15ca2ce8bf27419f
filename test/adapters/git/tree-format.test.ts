import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatTree, parseTree } from '../../../src/adapters/git/tree-format.ts';
import type { Oid } from '../../../src/ports/git.ts';

const test = suite('tree format');

const nameByte = fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte));
const entry = fc.record(
  {
    mode: fc.constantFrom('100644', '100755', '120000', '160000', '040000', '100664', '0040000', '00100644', '644'),
    name: fc.string({ unit: nameByte, minLength: 1, maxLength: 8 }),
    oid: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex') as Oid),
  },
  { noNullPrototype: true },
);
const entries = fc.uniqueArray(entry, { selector: ({ name }) => name });

test('keeps every mode and every byte of a name', () => {
  const property = fc.property(entries, (given) => {
    const parsed = parseTree(formatTree(given), 'sha1');
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    assert.equal([...parsed].sort(byName), [...given].sort(byName));
    assert.equal(formatTree(parsed), formatTree(given));
  });
  fc.assert(property);
});

test('refuses a tree that ends early, wherever it is cut', () => {
  const whole = formatTree([{ mode: '100644', name: 'name', oid: 'ab'.repeat(20) as Oid }]);
  for (let length = 1; length < whole.length; length += 1) {
    assert.throws(() => parseTree(whole.subarray(0, length), 'sha1'), /ends early/);
  }
  assert.equal(parseTree(new Uint8Array(0), 'sha1'), []);
});

test.run();
