import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DEPTH_MAX,
  decodeCanonical,
  encodeCanonical,
  type Json,
  parseBounded,
} from '../../src/domain/canonical-json.ts';
import { errorOf } from '../helpers/error-of.ts';

const it = suite('canonical-json');

/** RFC 8785, appendix B: the bits of a number and its one form. */
const NUMBERS: readonly (readonly [bits: string, text: string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

it('writes numbers as RFC 8785 does', () => {
  for (const [bits, text] of NUMBERS) {
    assert.is(encodeCanonical(Buffer.from(bits, 'hex').readDoubleBE()), text, bits);
  }
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.match(
      errorOf(() => encodeCanonical([number])),
      /^usage: JSON has no canonical form for the number/,
    );
  }
});

it('writes the sample of RFC 8785 section 3.2.2', () => {
  const source =
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
    '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}';
  const expected =
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
    '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
  assert.is(encodeCanonical(JSON.parse(source) as Json), expected);
});

it('sorts keys by UTF-16 code units, as RFC 8785 section 3.2.3 does', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const text = encodeCanonical(Object.fromEntries(keys.map((key) => [key, 0])));
  const sorted = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  assert.is(text, `{${sorted.map((key) => `"${key}":0`).join(',')}}`);
  assert.is(encodeCanonical({ '10': 1, '9': 2 }), '{"10":1,"9":2}');
  assert.equal(decodeCanonical('{"10":1,"9":2}'), { '10': 1, '9': 2 });
});

it('leaves out members that are undefined', () => {
  assert.is(encodeCanonical({ b: undefined, a: 1, c: { d: undefined } }), '{"a":1,"c":{}}');
});

it('decodes exactly what it encodes', () => {
  const check = fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    const text = encodeCanonical(value as Json);
    assert.is(encodeCanonical(decodeCanonical(text)), text);
  });
  fc.assert(check, { numRuns: 500 });
});

it('refuses every other spelling', () => {
  const others = [
    '{"a":1, "b":2}',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"a":2}',
    '[1.0]',
    '[-0]',
    '[1e2]',
    '[1E400]',
    '[9007199254740993]',
    '["\\u0041"]',
    '["\\/"]',
    '["\\u000A"]',
    '["\\ud83d\\ude00"]',
    '["\\ud800"]',
    '["\\udc00x"]',
    '["\ud800"]',
    '[{"x":{"b":1,"a":2}}]',
    ' []',
    '[]\n',
    '\ufeff[]',
  ];
  for (const text of others)
    assert.match(
      errorOf(() => decodeCanonical(text)),
      /^damaged: /,
      text,
    );
  for (const text of ['', '{', '[1,]', "{'a':1}", 'NaN', 'undefined', '01', '"\n"']) {
    assert.is(
      errorOf(() => decodeCanonical(text)),
      'damaged: text is not JSON',
      text,
    );
  }
});

it('accepts a text that speaks of an escape, and refuses the escape', () => {
  assert.equal(decodeCanonical('["\\\\ud83d"]'), ['\\ud83d']);
  assert.match(
    errorOf(() => encodeCanonical(['\ud800'])),
    /half a surrogate pair/,
  );
  assert.match(
    errorOf(() => encodeCanonical({ '\udfff': 1 })),
    /half a surrogate pair/,
  );
});

it('refuses deep nesting before anything recurses', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.is(encodeCanonical(decodeCanonical(nested(DEPTH_MAX))), nested(DEPTH_MAX));
  for (const text of [nested(DEPTH_MAX + 1), nested(200_000), '['.repeat(200_000), '{"a":'.repeat(200_000)]) {
    assert.is(
      errorOf(() => parseBounded(text)),
      'damaged: JSON is nested deeper than 64 levels',
    );
  }
  let deep: Json = [];
  for (let i = 0; i < 10_000; i++) deep = [deep];
  assert.match(
    errorOf(() => encodeCanonical(deep)),
    /^usage: .*nested deeper than 64 levels/,
  );
});

it('does not count brackets in strings', () => {
  const text = JSON.stringify(`${'['.repeat(1000)}"\\${'{'.repeat(1000)}`);
  assert.is(parseBounded(text), JSON.parse(text));
});

it('takes __proto__ for a key like any other', () => {
  const value = decodeCanonical('{"__proto__":{"x":1},"constructor":2}') as Readonly<Record<string, Json>>;
  assert.equal(Object.keys(value), ['__proto__', 'constructor']);
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is(encodeCanonical(value), '{"__proto__":{"x":1},"constructor":2}');
});

it.run();
