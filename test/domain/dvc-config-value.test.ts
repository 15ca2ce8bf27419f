import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { quoteConfigName, quoteConfigValue, readConfigValue } from '../../src/domain/dvc-config-value.ts';

const test = suite('dvc-config-value');

const { written } = JSON.parse(readFileSync(new URL('../golden/dvc-config-vectors.json', import.meta.url), 'utf8')) as {
  readonly written: readonly (readonly [value: string, text: string | null])[];
};

test('a value is spelled as DVC spells it', () => {
  assert.ok(written.length > 100);
  // Of these it takes the very quotes that are in them, and cannot read them again.
  const isSpoilt = (value: string) => /'''|"""/.test(value) && value.includes('"') && value.includes("'");
  for (const [value, text] of written.filter(([one]) => !isSpoilt(one))) {
    assert.is(quoteConfigValue(value) ?? null, text, JSON.stringify(value));
  }
});

for (const [text, value] of [
  ['x', 'x'],
  ['x  # why', 'x'],
  ['x#why', 'x'],
  ['"a # b" # c', 'a # b'],
  ["'a, b'", 'a, b'],
  ['', ''],
  ['a, b', ['a', 'b']],
  ['a,', ['a']],
  ['"a", \'b\' , c', ['a', 'b', 'c']],
  [',', []],
  ['http://host:1/x?y=z', 'http://host:1/x?y=z'],
] as const) {
  test(`reads ${text}`, () => assert.equal(readConfigValue(text)?.value, value));
}

test('refuses what has no meaning', () => {
  for (const text of [', a', '"a" b', 'a,,b', '"a']) assert.is(readConfigValue(text), undefined, text);
});

test('the end of a value is behind its last character', () => {
  for (const [text, end] of [
    ['x  # why', 1],
    ['"a" ', 3],
    ['a , b #', 5],
    ['a, #', 2],
  ] as const) {
    assert.is(readConfigValue(text)?.end, end, text);
  }
});

test('law: what is spelled is read as the same', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', ' ', '"', "'", ',', '#', '=', '[', '\\', 'é'), maxLength: 12 });
  fc.assert(
    fc.property(texts, (text) => {
      const quoted = quoteConfigValue(text);
      if (quoted === undefined || quoted.startsWith('"""') || quoted.startsWith("'''")) return;
      assert.equal(readConfigValue(quoted), { value: text, end: quoted.length });
    }),
  );
});

test('a name with both kinds of quotes has no spelling', () => {
  assert.is(quoteConfigName('remote "x"'), `'remote "x"'`);
  assert.is(quoteConfigName('core'), 'core');
  assert.is(quoteConfigName(`remote "x'y"`), undefined);
});

test('a value made to be slow is not', () => {
  const started = performance.now();
  for (const text of [
    `${'"a",'.repeat(2000)}"`,
    `${'"a" b, '.repeat(1000)}"x`,
    `${', '.repeat(4000)}x`,
    ' '.repeat(8000),
  ]) {
    readConfigValue(text);
  }
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});

test.run();
