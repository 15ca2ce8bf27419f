/** Texts that almost are canonical JSON: what readers that look only quickly could be fooled with. */
import fc from 'fast-check';

/** Spellings of numbers, escapes, halves of characters, white space and brackets in places where they must not be. */
const TRAPS: readonly string[] = [
  ...['0', '-0', '01', '1.0', '1.', '.5', '-', '+1', '1e2', '1e21', '1e+21', '1E400', '1e-7', '0.0000001', '0.000001'],
  ...['9007199254740993', '123456789012345', '999999999999999900000', '0.1', '-5', 'NaN', 'Infinity', '0x10', '1_0'],
  ...['"', '\\', '\\"', '\\n', '\\/', '\\u0041', '\\u000a', '\\u0001', '\\ud800', '\\ud83d\\ude00'],
  ...['\ud800', '\udc00', '\u{1f600}', 'é', '\u2028', '\u007f', '\u0000', '\u0001', '\u001f', '\ufeff', '\ufffd'],
  ...['{', '}', '[', ']', '{}', '[]', ',', ':', ';', ' ', '\t', '\n', '\r', '', '_'],
  ...['null', 'true', 'false', 'nul', '"__proto__":1,', '"a":1,', '"":0,', ',"z":[]', '"op":{},', ',"writer":"x"'],
];

const KEYS = [
  '',
  'a',
  'aa',
  'b',
  'A',
  '10',
  '9',
  '_',
  '__proto__',
  'constructor',
  'é',
  '\u{1f600}',
  '\ufb33',
  '\n',
  '"',
  '$num',
];

/** JSON text in any order and with keys that come twice, so mostly not canonical. */
export function jsonTexts(): fc.Arbitrary<string> {
  const key = fc.constantFrom(...KEYS).map((name) => JSON.stringify(name));
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(...TRAPS),
        fc.constantFrom(...TRAPS).map((trap) => `"${trap}"`),
        fc.string({ unit: 'binary', maxLength: 4 }).map((one) => JSON.stringify(one)),
        fc.double().map((one) => JSON.stringify(one)),
        fc.integer().map(String),
      ),
      fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc.array(fc.tuple(key, tie('text')), { maxLength: 4 }).map((members) => {
        return `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`;
      }),
    ),
  }));
  return text;
}

type Cut = { readonly at: number; readonly gone: number; readonly put: string | { from: number; length: number } };

/** Texts with a few pieces taken out, put in, or copied from elsewhere in the text. */
export function spoilt(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const put = fc.oneof(
    fc.constantFrom(...TRAPS),
    fc.record({ from: fc.nat(), length: fc.integer({ min: 1, max: 12 }) }),
  );
  const cut: fc.Arbitrary<Cut> = fc.record({ at: fc.nat(), gone: fc.nat(3), put });
  return fc.tuple(texts, fc.array(cut, { maxLength: 3 })).map(([text, cuts]) => cuts.reduce(apply, text));
}

function apply(text: string, { at, gone, put }: Cut): string {
  const place = at % (text.length + 1);
  const piece = typeof put === 'string' ? put : text.slice(put.from % (text.length + 1)).slice(0, put.length);
  return text.slice(0, place) + piece + text.slice(place + gone);
}
