import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileWildcard, matchesWildcard } from '../../src/domain/wildcard.ts';

const test = suite('wildcard');

function matches(pattern: string, text: string): boolean {
  const wildcard = compileWildcard(pattern);
  return wildcard !== undefined && matchesWildcard(wildcard, text);
}

test('stars and question marks match as the same regular expression does', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 7 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}'), maxLength: 7 });
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const expected = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u').test(value);
      assert.is(matches(glob, value), expected);
    }),
    { numRuns: 500 },
  );
});

test('classes', () => {
  assert.ok(matches('[a-c]x', 'bx'));
  assert.not.ok(matches('[!a-c]x', 'bx'));
  assert.ok(matches('[^a]', 'b'));
  assert.ok(matches('[]]', ']'));
  assert.ok(matches('[!]]', 'a'));
  assert.ok(matches('[a-]', '-'));
  assert.ok(matches('[\\]]', ']'));
  assert.ok(matches('[\\a-\\c]', 'b'));
  assert.not.ok(matches('[z-a]', 'b'));
});

test('a backslash takes the next character as it is', () => {
  assert.ok(matches('\\*', '*'));
  assert.not.ok(matches('\\*', 'a'));
  assert.ok(matches('\\[a]', '[a]'));
});

test('a bracket that is never closed matches nothing', () => {
  assert.is(compileWildcard('[a'), undefined);
});

test.run();
