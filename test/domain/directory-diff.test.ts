import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countDifferences, diffDirectories, inOrder } from '../../src/domain/directory-diff.ts';

const test = suite('directory-diff');

const directory = fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), fc.constantFrom('1', '2'), {
  noNullPrototype: true,
});

function entries(of: Readonly<Record<string, string>>) {
  return inOrder(Object.entries(of).map(([relpath, md5]) => ({ relpath, md5 })));
}

test('every path of both sides comes once, with what each side has', () => {
  fc.assert(
    fc.property(directory, directory, (wanted, present) => {
      const found = [...diffDirectories(entries(wanted), entries(present))];
      assert.is(found.length, new Set([...Object.keys(wanted), ...Object.keys(present)]).size);
      for (const one of found) {
        assert.is(one.wanted, Object.hasOwn(wanted, one.relpath) ? wanted[one.relpath] : undefined);
        assert.is(one.present, Object.hasOwn(present, one.relpath) ? present[one.relpath] : undefined);
      }
    }),
  );
});

test('swapping the sides swaps added and removed', () => {
  fc.assert(
    fc.property(directory, directory, (a, b) => {
      const there = countDifferences(diffDirectories(entries(a), entries(b)));
      const back = countDifferences(diffDirectories(entries(b), entries(a)));
      assert.equal(there, { added: back.removed, changed: back.changed, removed: back.added });
    }),
  );
});

test('a list that is in order is not copied', () => {
  const list = entries({ a: '1', 'a/b': '2', b: '1' });
  assert.is(inOrder(list), list);
});

test.run();
