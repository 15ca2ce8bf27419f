import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isDvcIgnored, parseDvcIgnore } from '../../src/domain/dvc-ignore-rules.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('dvc-ignore-rules');

/** Lines, path (with a slash at its end for a folder), and whether DVC 3.67 ignores it. */
const CASES: readonly (readonly [lines: string, path: string, ignored: boolean])[] = [
  ['*.log', 'a.log', true],
  ['*.log', 'd/e/a.log', true],
  ['*.log\n!keep.log', 'd/keep.log', false],
  ['cache/', 'cache', false],
  ['cache/', 'cache/', true],
  ['cache/', 'sub/cache/x', true],
  ['cache/\n!cache/x', 'cache/x', true],
  ['/top', 'top', true],
  ['/top', 'd/top', false],
  ['a/b', 'a/b', true],
  ['a/b', 'x/a/b', false],
  ['a/**', 'a', false],
  ['a/**', 'a/', true],
  ['a/**', 'a/x/y', true],
  ['**/c', 'c', true],
  ['a/**/c', 'a/c', true],
  ['a/**/c', 'a/x/y/c', true],
  ['*\n!b', 'b/x', false],
  ['*/', 'a/', false],
  ['[ab]x', 'bx', true],
  ['[!a]x', 'ax', false],
  ['[a-c]', 'b', true],
  ['[]a]', ']', true],
  ['[a', '[a', false],
  ['\\#x', '#x', true],
  ['# x', '# x', false],
  ['b?', 'b', false],
  ['?', '\u{1f600}', true],
  ['  *.log  ', 'a.log', true],
  ['a\\*', 'ab', false],
  ['*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(200), false],
];

test('paths are ignored as DVC ignores them', () => {
  for (const [lines, path, ignored] of CASES) {
    const isFolder = path.endsWith('/');
    const rules = parseDvcIgnore(lines, '');
    assert.is(isDvcIgnored(rules, isFolder ? path.slice(0, -1) : path, isFolder), ignored, `${lines} on ${path}`);
  }
});

test('a deeper file speaks of its own folder and has the last word', () => {
  const rules = [...parseDvcIgnore('*.log', ''), ...parseDvcIgnore('!a.log\n/x', 'd')];
  assert.ok(isDvcIgnored(rules, 'a.log', false));
  assert.not.ok(isDvcIgnored(rules, 'd/a.log', false));
  assert.ok(isDvcIgnored(rules, 'd/x', false));
  assert.not.ok(isDvcIgnored(rules, 'x', false));
  assert.not.ok(isDvcIgnored(rules, 'dd/x', false));
});

test('a line that ends in a backslash is refused and named', () => {
  assert.throws(
    () => parseDvcIgnore('a\nb\\\n', 'sub'),
    (error: unknown) =>
      error instanceof CmfError && error.code === 'refused' && error.message.includes('sub/.dvcignore:2'),
  );
});

test.run();
