import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeCanonical, encodeCanonical } from '../../src/domain/canonical-json.ts';
import {
  displayValue,
  isStoredValue,
  numericValue,
  parseJsonExactly,
  type StoredValue,
  storedBytes,
  valueFromArgument,
  valueFromJavaScript,
  valueFromText,
} from '../../src/domain/value.ts';
import { errorOf } from '../helpers/error-of.ts';

const it = suite('value');

/** What is typed after `k=`, and what is stored. */
const ARGUMENTS: readonly (readonly [typed: string, stored: StoredValue])[] = [
  ['0.1', 0.1],
  ['1e-9', 1e-9],
  ['5', 5],
  ['-7', -7],
  ['1.0', { $num: '1.0' }],
  ['-0', { $num: '-0' }],
  ['1E5', { $num: '1E5' }],
  ['1e400', { $num: '1e400' }],
  ['9223372036854775808', { $num: '9223372036854775808' }],
  ['9007199254740993', { $num: '9007199254740993' }],
  ['nan', { $num: 'NaN' }],
  ['NaN', { $num: 'NaN' }],
  ['inf', { $num: 'Infinity' }],
  ['+inf', { $num: 'Infinity' }],
  ['-Infinity', { $num: '-Infinity' }],
  ['true', true],
  ['false', false],
  ['null', null],
  ['"true"', 'true'],
  ['""', ''],
  ['', ''],
  ['"0.1"', '0.1'],
  ['[1,[2,{"a":[]}],1.0]', [1, [2, { a: [] }], { $num: '1.0' }]],
  [' { "b" : 1 , "a" : [ ] } ', { b: 1, a: [] }],
  ['{"$num":"5"}', { $$num: '5' }],
  ['{"$bytes":"AA=="}', { $$bytes: 'AA==' }],
  ['{"$$x":1,"$":2}', { $$$x: 1, $$: 2 }],
  ['"\\u0041\\ud83d\\ude00"', 'A\u{1f600}'],
  ['"\\ufffd"', '\ufffd'],
];

/** What is no JSON and therefore text. */
const TEXTS = ['True', 'None', '01', '1.', '.5', '+5', '0x10', '1_000', 'a b', '[1,]', '{a:1}', "'x'", 'nano', '[NaN]'];

it('reads an argument as JSON where it is JSON, a bare nan or inf as a number, and all else as text', () => {
  for (const [typed, stored] of ARGUMENTS) assert.equal(valueFromArgument(typed), stored, typed);
  for (const text of TEXTS) assert.is(valueFromArgument(text), text);
  assert.is(valueFromText('0.1'), '0.1');
});

it('shows what was typed', () => {
  for (const typed of ['0.1', '1e-9', '1.0', '-0', '1E5', '9223372036854775808', 'true', 'null', ...TEXTS]) {
    assert.is(displayValue(valueFromArgument(typed)), typed);
  }
  assert.is(displayValue(valueFromArgument('{"$num":"x","$$":[1.0]}')), '{"$num":"x","$$":[1.0]}');
  assert.is(displayValue(valueFromArgument('{"$num":"x"}')), '{"$num":"x"}');
  assert.is(displayValue(valueFromArgument('-inf')), '-Infinity');
  assert.is(displayValue(storedBytes(Uint8Array.of(0xff))), '{"$bytes":"/w=="}');
});

it('brings any JSON text back with the spelling of its numbers', () => {
  const texts = fc.json({ noUnicodeString: false }).filter((text) => text.isWellFormed());
  const check = fc.property(texts, (text) => {
    const stored = parseJsonExactly(text);
    assert.ok(stored !== undefined && isStoredValue(stored));
    const shown = typeof stored === 'string' ? JSON.stringify(stored) : displayValue(stored);
    assert.equal(JSON.parse(shown), JSON.parse(text));
    // The stored form is canonical JSON that decodes to itself.
    assert.equal(decodeCanonical(encodeCanonical(stored)), stored);
    assert.equal(parseJsonExactly(shown), stored);
  });
  fc.assert(check, { numRuns: 300 });
});

it('agrees with JSON.parse on what is JSON', () => {
  const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '1', '-', '.5', 'e3', ' ', 'true', 'null', '"', '\\'];
  const check = fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
    const text = parts.join('');
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    assert.is(parseJsonExactly(text) !== undefined, isJson, text);
  });
  fc.assert(check, { numRuns: 2000 });
});

it('reads long and deep arguments without overflowing', () => {
  const long = JSON.stringify('x\\"'.repeat(500_000));
  assert.is(parseJsonExactly(long), JSON.parse(long));
  const deep = '['.repeat(200_000);
  assert.is(valueFromArgument(deep), deep);
});

it('refuses text that was not UTF-8 on the command line, and half a surrogate pair anywhere', () => {
  assert.match(
    errorOf(() => valueFromArgument('a\ufffd')),
    /^usage: 'a\ufffd' is not valid UTF-8$/,
  );
  assert.match(
    errorOf(() => valueFromText('\ud800')),
    /is not valid UTF-8$/,
  );
  assert.match(
    errorOf(() => valueFromArgument('"\\ud800"')),
    /half a surrogate pair/,
  );
  assert.match(
    errorOf(() => valueFromJavaScript({ '\udc00': 1 })),
    /half a surrogate pair/,
  );
  assert.is(valueFromJavaScript('\ufffd'), '\ufffd');
});

it('keeps the value of a program with its type', () => {
  const pairs: readonly (readonly [unknown, StoredValue])[] = [
    [0.1, 0.1],
    [-0, { $num: '-0' }],
    [Number.NaN, { $num: 'NaN' }],
    [Number.NEGATIVE_INFINITY, { $num: '-Infinity' }],
    [2n ** 63n, { $num: '9223372036854775808' }],
    [5n, 5],
    [{ a: undefined, $x: [true, null] }, { $$x: [true, null] }],
    [Uint8Array.of(0x68, 0x69), 'hi'],
    [Uint8Array.of(0xef, 0xbb, 0xbf), '\ufeff'],
    [Uint8Array.of(0xff, 0xfe), { $bytes: '//4=' }],
  ];
  for (const [value, stored] of pairs) assert.equal(valueFromJavaScript(value), stored);
  const own = valueFromJavaScript(JSON.parse('{"__proto__":1}'));
  assert.is(encodeCanonical(own), '{"__proto__":1}');
  const loop: unknown[] = [];
  loop.push(loop);
  for (const value of [new Date(0), new Map(), () => 1, Symbol('s'), undefined, loop]) {
    assert.match(
      errorOf(() => valueFromJavaScript(value)),
      /^usage: cannot store /,
    );
  }
});

it('takes stored numbers and bytes for what they are where a program writes them', () => {
  const accept = (text: string) => parseJsonExactly(text, { acceptStored: true });
  assert.equal(accept('{"$num":"NaN"}'), { $num: 'NaN' });
  assert.equal(accept('[{"$bytes":"/w=="}]'), [{ $bytes: '/w==' }]);
  assert.equal(accept('{"$num":"5"}'), { $$num: '5' });
  assert.equal(accept('{"$num":"NaN","x":1}'), { $$num: 'NaN', x: 1 });
});

it('knows what is a stored form', () => {
  const good = [1, 'x', null, true, [], {}, { $num: '-0' }, { $num: '1.0' }, { $bytes: '/w==' }, { $$num: '5' }];
  const bad = [
    { $num: '5' },
    { $num: 5 },
    { $num: 'x' },
    { $num: '01' },
    { $bytes: 5 },
    { $bytes: '*' },
    { $bytes: '' },
  ];
  for (const value of good) assert.ok(isStoredValue(value), JSON.stringify(value));
  for (const value of [...bad, { $bytes: '/x==' }, { $x: 1 }, { $: 1 }, [{ $num: '5' }], { a: { $y: 1 } }, undefined]) {
    assert.not.ok(isStoredValue(value), JSON.stringify(value));
  }
});

it('gives the number of a value that is one', () => {
  assert.is(numericValue(0.1), 0.1);
  assert.is(numericValue({ $num: '9223372036854775808' }), 2 ** 63);
  assert.ok(Number.isNaN(numericValue({ $num: 'NaN' })));
  assert.is(numericValue({ $num: '-Infinity' }), Number.NEGATIVE_INFINITY);
  for (const value of ['1', true, null, [1], undefined]) assert.is(numericValue(value), undefined);
});

it.run();
