import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeCanonical, encodeCanonical, type Json, parseBounded } from '../../src/domain/canonical-json.ts';
import { isPlainJson } from '../../src/domain/plain-json.ts';
import { jsonTexts, spoilt } from '../helpers/laws/spoilt-text.ts';

const it = suite('plain-json');

/** The definition, without a quick look: what a text decodes to if it is canonical. */
function slowly(text: string): { readonly value: Json } | undefined {
  try {
    const value = parseBounded(text);
    return encodeCanonical(value) === text ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function quickly(text: string): { readonly value: Json } | undefined {
  try {
    return { value: decodeCanonical(text) };
  } catch {
    return undefined;
  }
}

const canonical = fc.jsonValue({ noUnicodeString: false }).map((value) => encodeCanonical(value as Json));
const texts = fc.oneof(canonical, spoilt(canonical), jsonTexts(), spoilt(jsonTexts()));

it('is never of another opinion than the slow way', () => {
  const seen = { plain: 0, slow: 0, refused: 0 };
  fc.assert(
    fc.property(texts, (text) => {
      const slow = slowly(text);
      const isPlain = isPlainJson(text);
      assert.ok(!isPlain || slow !== undefined, text);
      // A key named constructor confuses the comparison of the assertions.
      assert.ok(isDeepStrictEqual(quickly(text), slow), text);
      seen[isPlain ? 'plain' : slow === undefined ? 'refused' : 'slow']++;
    }),
    { numRuns: 20_000 },
  );
  for (const [kind, count] of Object.entries(seen)) assert.ok(count > 200, `${kind}: ${count}`);
});

it('says yes to what is stored', () => {
  const stored = [
    '{"acc":{"steps":[1],"values":[0.9166666666666666]},"loss":{"steps":[16],"values":[0.08333333333333333]}}',
    '{"a":"\\n\\t\\"C:\\\\x\\"","b":[],"c":{},"d":[true,false,null],"e":-1.5e-7,"f":1e+21,"é":"ü"}',
    '{"10":1,"9":2}',
    '{"":0,"__proto__":{"a":1,"aa":2,"b":3}}',
    '[123456789012345,0,-7,100000,9007199254740992]',
    '"x"',
    '0',
    'null',
  ];
  for (const text of stored) assert.ok(isPlainJson(text), text);
});

it('says nothing of other spellings, and of what it does not look at', () => {
  const others = [
    ...['{"b":1,"a":2}', '{"a":1,"a":1}', '{"aa":1,"a":2}', '{"a":1,"":2}', '{"z":{"b":1,"a":2}}'],
    ...['[1.0]', '[-0]', '[01]', '[1e2]', '[1E400]', '[1e21]', '[9007199254740993]', '[.5]', '[5.]', '[-]', '[+1]'],
    ...['["\\u0041"]', '["\\/"]', '["\\u000a"]', '["\\ud800"]', '["\ud800"]', '["\n"]', '["\u0000"]'],
    ...[
      '',
      ' ',
      ' []',
      '[] ',
      '[]\n',
      '[]\u0000',
      '\ufeff[]',
      '[',
      '{',
      '"',
      '"\\',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '[1 ,2]',
    ],
    ...[
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{,}',
      '{"a" :1}',
      '{a:1}',
      '{1:1}',
      '{"a":1;"b":2}',
      '{"a":1:"b":2}',
      '{"a":1 "b":2}',
      '[1;2]',
      '[1:2]',
      '[}',
      '{]',
      '[]]',
      '{}}',
      '[][]',
      '1 1',
    ],
    ...['nul', 'True', 'truex', 'NaN', 'Infinity', '-Infinity', 'undefined'],
    ...['{"\\n":1}', '["\u{1f600}"]', `${'['.repeat(40)}${']'.repeat(40)}`, '['.repeat(200_000)],
  ];
  const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code));
  for (const text of controls) for (const spelled of [`["${text}"]`, `{"${text}":1}`]) assert.not(isPlainJson(spelled));
  for (const text of others) assert.not(isPlainJson(text), text.slice(0, 40));
});

it.run();
