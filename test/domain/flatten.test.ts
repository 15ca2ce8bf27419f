import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flatten, nameAcrossFiles } from '../../src/domain/flatten.ts';
import type { StoredValue } from '../../src/domain/value.ts';

const it = suite('flatten');

it('names leaves by their way, keeps lists, empty maps and stored numbers whole', () => {
  const values = new Map<string, StoredValue>([
    ['z', 1],
    ['a', { c: { d: true, $$e: 'x' }, b: { $num: '1.0' } }],
    ['l', [{ a: 1 }]],
    ['e', {}],
  ]);
  assert.equal(
    [...flatten(values)],
    [
      ['a.b', { $num: '1.0' }],
      ['a.c.$e', 'x'],
      ['a.c.d', true],
      ['e', {}],
      ['l', [{ a: 1 }]],
      ['z', 1],
    ],
  );
});

it('puts the file before a name that two files have', () => {
  const files = new Map([
    [
      'a.json',
      new Map([
        ['acc', 1],
        ['only', 2],
      ]),
    ],
    ['b.json', new Map([['acc', 3]])],
  ]);
  assert.equal(
    [...nameAcrossFiles(files)],
    [
      ['a.json:acc', 1],
      ['only', 2],
      ['b.json:acc', 3],
    ],
  );
});

it.run();
