import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfigText } from '../../src/domain/dvc-config-text.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('dvc-config-text');

const TEXT =
  "# top\n[core]\n    remote = x # why\n\n['remote \"x\"']\r\n\turl = '''a\nb'''  # long\n\tuser=\"me\"\n# end\n";

test('each part knows its place', () => {
  const [core, remote] = parseConfigText(TEXT, 'config');
  const part = ([start, end]: readonly [number, number]) => TEXT.slice(start, end);
  assert.is(part(core?.header ?? [0, 0]), '[core]\n');
  assert.is(part(core?.lines ?? [0, 0]), '[core]\n    remote = x # why\n');
  assert.is(part(core?.entries[0]?.valueSpan ?? [0, 0]), 'x');
  const [url, user] = remote?.entries ?? [];
  assert.is(url?.value, 'a\nb');
  assert.is(part(url?.valueSpan ?? [0, 0]), "'''a\nb'''");
  assert.is(part(url?.lines ?? [0, 0]), "\turl = '''a\nb'''  # long\n");
  assert.is(part(user?.valueSpan ?? [0, 0]), '"me"');
  assert.is(user?.indent, '\t');
  assert.is(part(remote?.lines ?? [0, 0]), TEXT.slice(TEXT.indexOf("['"), TEXT.indexOf('# end')));
});

test('sections within sections belong to the one around them', () => {
  const text = '[a]\nx = 1\n[[b]]\ny = 2\n[c]\n';
  const [a, b, c] = parseConfigText(text, 'config');
  assert.is(b?.parent, a);
  assert.equal(a?.lines, [0, text.indexOf('[c]')]);
  assert.is(c?.parent, undefined);
});

for (const [text, words] of [
  ['x = 1\n', 'line 1: a key before any [section]'],
  ['[a]\n[a]\n', "line 2: 'a' is there twice"],
  ['[a]\nx = 1\n"x" = 2\n', "line 3: 'x' is there twice"],
  ['[a]\n[[[b]]]\n', 'line 2: a section within no section'],
  ['[[a]\n', 'line 1: has not as many [ as ]'],
  ["[a]\nx = '''b\n", 'line 2: is neither a section nor key = value'],
  ['\ufeff[a]\n', 'line 1: is neither a section nor key = value'],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.is(
      errorOf(() => parseConfigText(text, 'config')),
      `damaged: config, ${words}`,
    );
  });
}

test('a text made to be slow is not', () => {
  const started = performance.now();
  for (const line of [`${'[ '.repeat(120)}a`, `[${'] '.repeat(120)}x`, `${"'a' ".repeat(60)}`]) {
    assert.throws(() => parseConfigText(`${line}\n`.repeat(200), 'config'));
  }
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});

test.run();
