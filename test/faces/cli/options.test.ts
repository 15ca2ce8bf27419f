import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countOf, integerOf, isSet, pairsOf, textOf, textsOf, theOperand } from '../../../src/faces/cli/options.ts';
import { errorOf } from '../../helpers/error-of.ts';

const it = suite('cli: options');

function pair(text: string): unknown {
  return [...pairsOf('parameter', [text])][0];
}

it('splits a pair at the first =', () => {
  assert.equal(pair('a=b'), ['a', 'b']);
  assert.equal(pair('url=http://x/?a=1&b=2'), ['url', 'http://x/?a=1&b=2']);
  assert.equal(pair('a=='), ['a', '=']);
  assert.equal(pair('empty='), ['empty', '']);
  assert.equal(pair('a:b,c/d e=1'), ['a:b,c/d e', 1]);
});

it('reads JSON, a bare nan or inf, or else text', () => {
  const read = (text: string) => pairsOf('parameter', [`x=${text}`]).get('x');
  for (const [text, value] of [
    ['0.1', 0.1],
    ['true', true],
    ['null', null],
    ['"7"', '7'],
    ['[1, "a"]', [1, 'a']],
    ['{"a":{"b":[]}}', { a: { b: [] } }],
    ['1.0', { $num: '1.0' }],
    ['-0', { $num: '-0' }],
    ['9223372036854775808', { $num: '9223372036854775808' }],
    ['nan', { $num: 'NaN' }],
    ['-Inf', { $num: '-Infinity' }],
    ['007', '007'],
    ['0x10', '0x10'],
    ['True', 'True'],
    ['None', 'None'],
    ['yes', 'yes'],
    [' x ', ' x '],
    ["{'a': 1}", "{'a': 1}"],
    ['[1,', '[1,'],
    ['infrared', 'infrared'],
  ] as const) {
    assert.equal(read(text), value, text);
  }
});

it('takes text as it is where text is asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!text.includes('\ufffd'));
      assert.is(pairsOf('parameter', [], [`x=${text}`]).get('x'), text);
    }),
  );
  assert.is(pairsOf('parameter', [], ['x=1.0']).get('x'), '1.0');
});

it('refuses what is no pair, and a name that is given twice', () => {
  const refusal = (pairs: readonly string[], texts: readonly string[] = []) =>
    errorOf(() => pairsOf('metric', pairs, texts));
  assert.is(refusal(['loss']), "usage: 'loss' is not a metric: it must be NAME=VALUE");
  assert.is(refusal(['=1']), "usage: '=1' is not a metric: it must be NAME=VALUE");
  assert.is(refusal(['']), "usage: '' is not a metric: it must be NAME=VALUE");
  assert.is(refusal(['a=1', 'b=2', 'a=3']), "usage: the metric 'a' is given twice");
  assert.is(refusal(['a=1'], ['a=1']), "usage: the metric 'a' is given twice");
  assert.match(refusal(['a=\ufffd']), /^usage: .* is not valid UTF-8$/);
});

it('keeps the order of pairs and any name', () => {
  assert.equal(
    [...pairsOf('parameter', ['b=1', '__proto__=2', 'a=3'])],
    [
      ['b', 1],
      ['__proto__', 2],
      ['a', 3],
    ],
  );
});

it('reads whole numbers and no others', () => {
  const read = (text: string) => integerOf({ step: text }, 'step');
  assert.equal(['0', '7', '-3', '007', '9007199254740991'].map(read), [0, 7, -3, 7, 9007199254740991]);
  assert.is(integerOf({}, 'step'), undefined);
  for (const text of ['', ' 1', '1.0', '1e3', '0x10', '+1', '--1', 'NaN', '9007199254740992', '١']) {
    assert.is(
      errorOf(() => read(text)),
      `usage: --step takes a whole number, not '${text}'`,
    );
  }
  assert.is(
    errorOf(() => integerOf({ n: 'x' }, 'n')),
    "usage: -n takes a whole number, not 'x'",
  );
});

it('reads a count', () => {
  assert.equal([countOf({ n: '0' }, 'n'), countOf({ n: '12' }, 'n'), countOf({}, 'n')], [0, 12, undefined]);
  assert.is(
    errorOf(() => countOf({ n: '-1' }, 'n')),
    "usage: -n takes 0, 1, 2…, not '-1'",
  );
  assert.is(
    errorOf(() => countOf({ step: '-3' }, 'step')),
    "usage: --step takes 0, 1, 2…, not '-3'",
  );
});

it('tells what was given from what was not', () => {
  const args = { text: 'x', list: ['a', 'b'], flag: true, off: false };
  assert.equal([textOf(args, 'text'), textOf(args, 'flag'), textOf(args, 'none')], ['x', undefined, undefined]);
  assert.equal([textsOf(args, 'list'), textsOf(args, 'text'), textsOf(args, 'none')], [['a', 'b'], ['x'], []]);
  assert.equal([isSet(args, 'flag'), isSet(args, 'off'), isSet(args, 'none')], [true, false, false]);
});

it('takes exactly one thing where one is meant', () => {
  assert.is(theOperand({ _: ['a b'] }, 'show'), 'a b');
  for (const words of [[], ['']]) {
    assert.is(
      errorOf(() => theOperand({ _: words }, 'show')),
      'usage: show takes one thing',
    );
  }
  assert.is(
    errorOf(() => theOperand({ _: ['a', 'b'] }, 'show')),
    "usage: show takes one thing, not also 'b'",
  );
});

it.run();
