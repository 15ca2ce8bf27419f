import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { quoteScalar } from '../../src/domain/dvc-quoting.ts';

const test = suite('dvc-quoting');

/** What DVC 3.67 with ruamel.yaml 0.19 writes for these texts. */
const PLAIN = [
  'a',
  'yes',
  'no',
  '12:30',
  "it's",
  'a b',
  'a,b',
  ':x',
  '-x',
  '?x',
  'a:b',
  'a#b',
  'é',
  '\u{1f600}',
  '\\x',
  '1.2.3',
  '_1',
  'Nul',
  '2024-1-1',
];
const SINGLE = [
  '',
  '-',
  'true',
  'FALSE',
  'null',
  '~',
  '=',
  '<<',
  '012',
  '1_000',
  '1e5',
  '0x1F',
  '0o17',
  '0b1',
  '5.',
  '.5',
  '-.inf',
  '.NaN',
  '2024-01-01',
  '2024-1-1 1:00:00',
  'a: b',
  'a:',
  'a #b',
  '# x',
  '- x',
  '? x',
  '*x',
  '&x',
  '!x',
  '%x',
  '@x',
  '`x',
  '|x',
  '>x',
  '"x"',
  '{x}',
  '[x',
  ' x',
  'x ',
  '---x',
  '...',
  '00351026346872286776657643321132',
  '123e4',
];
const DOUBLE = [
  ['a\tb', '"a\\tb"'],
  ['a\nb', '"a\\nb"'],
  ["'x ", '"\'x "'],
  ['\x7f', '"\\x7F"'],
  ['\ufeffx', '"\\uFEFFx"'],
  ['\\\n"', '"\\\\\\n\\""'],
] as const;

test('plain where DVC reads it as text', () => {
  for (const text of PLAIN) assert.is(quoteScalar(text), text);
});

test('single quotes where plain text would be read as something else', () => {
  for (const text of SINGLE) assert.is(quoteScalar(text), `'${text}'`);
});

test('double quotes where single ones cannot hold it', () => {
  for (const [text, expected] of DOUBLE) assert.is(quoteScalar(text), expected);
});

test('every text is read back as the same text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'0123456789_.eE+-:xob~ \'"#?\n\u0085\u2028') }),
  );
  fc.assert(
    fc.property(text, (value) => {
      assert.equal(parse(`- key: ${quoteScalar(value)}\n`), [{ key: value }]);
    }),
    { numRuns: 500 },
  );
});

test.run();
