import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DvcDirEntry, decodeDvcDir, encodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('dvc-dir');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';

type DirVector = { readonly id: string; readonly expected: { readonly dir_json?: string; readonly md5: string } };
const vectors: readonly DirVector[] = JSON.parse(
  readFileSync(new URL('../golden/dvc-vectors.json', import.meta.url), 'utf8'),
);

function isDamaged(text: string): boolean {
  try {
    decodeDvcDir(text);
    return false;
  } catch (error) {
    return error instanceof CmfError && error.code === 'damaged';
  }
}

test('the text of every golden directory survives reading and writing', () => {
  const texts = vectors.flatMap(({ expected }) => (expected.dir_json === undefined ? [] : [expected]));
  assert.is(texts.length, 8);
  for (const { dir_json = '', md5 } of texts) {
    const again = encodeDvcDir(decodeDvcDir(dir_json).toReversed());
    assert.is(again, dir_json);
    assert.is(`${createHash('md5').update(again).digest('hex')}.dir`, md5);
  }
});

test('any names survive', () => {
  const part = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((name) => !/[/\0]|^\.\.?$|^\.(git|hg|dvc)$/i.test(name));
  const names = fc.uniqueArray(part, { maxLength: 6 });
  fc.assert(
    fc.property(names, (list) => {
      const entries: DvcDirEntry[] = list.map((name, i) => ({
        md5: MD5,
        relpath: i % 2 === 0 ? name : `d\u00e9/${name}`,
      }));
      const text = encodeDvcDir(entries);
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.equal(
        new Set(decodeDvcDir(text).map((entry) => entry.relpath)),
        new Set(entries.map((entry) => entry.relpath)),
      );
    }),
  );
});

test('DEL and control characters are escaped as Python does', () => {
  assert.is(
    encodeDvcDir([{ md5: MD5, relpath: 'a\x7f\t\x01"\\' }]),
    `[{"md5": "${MD5}", "relpath": "a\\u007f\\t\\u0001\\"\\\\"}]`,
  );
});

test('a path that leads out of the directory, or to where code would run, is refused', () => {
  const evil = [
    '../x',
    'a/../../x',
    '/etc/passwd',
    '',
    '.',
    '..',
    'a//b',
    './a',
    'a/',
    'a\0b',
    '.git/config',
    'a/.GIT/hooks/x',
    'a/.g\u200cit/x',
    '.git',
    '.dvc/config',
    '.hg/hgrc',
    '\ud800',
  ];
  for (const relpath of evil) {
    assert.ok(isDamaged(JSON.stringify([{ md5: MD5, relpath }])), relpath);
    assert.throws(
      () => encodeDvcDir([{ md5: MD5, relpath }]),
      (error: unknown) => error instanceof CmfError && error.code === 'refused',
    );
  }
});

test('names that only look evil are read', () => {
  for (const relpath of ['..a', '...', 'a\\b', '.gitignore', '.gitattributes', '.hg', '.dvc', 'x.git/y']) {
    assert.is(decodeDvcDir(JSON.stringify([{ md5: MD5, relpath }]))[0]?.relpath, relpath);
  }
});

test('the spelling of DVC is read as any other spelling of the same list', () => {
  const part = fc.constantFrom('a', 'b', 'a-b', '\u00e9', '"', '\\', '..', '.git', ' ', '\x7f', '');
  const paths = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const judge = (text: string): unknown => {
    try {
      return decodeDvcDir(text);
    } catch (error) {
      return error instanceof CmfError ? [error.code, error.message] : error;
    }
  };
  fc.assert(
    fc.property(fc.array(paths, { maxLength: 6 }), (list) => {
      const entries = list.map((relpath) => ({ md5: MD5, relpath }));
      const asWritten = `[${entries.map(({ relpath }) => `{"md5": "${MD5}", "relpath": ${JSON.stringify(relpath)}}`).join(', ')}]`;
      assert.equal(judge(asWritten), judge(JSON.stringify(entries)));
    }),
  );
});

test('another shape is damaged', () => {
  const shapes = [
    '',
    '{}',
    'null',
    '[1]',
    '[null]',
    '[[]]',
    '[{}]',
    '[',
    '['.repeat(200_000),
    `[{"md5": "${MD5}"}]`,
    '[{"relpath": "a"}]',
    `[{"md5": "${MD5}", "relpath": 1}]`,
    '[{"md5": 1, "relpath": "a"}]',
    `[{"md5": "${MD5}", "relpath": "a", "size": 1}]`,
    `[{"md5": "${MD5}", "relpath": "a", "__proto__": {}}]`,
    `[{"md5": "${MD5.toUpperCase()}", "relpath": "a"}]`,
    `[{"md5": "${MD5}", "relpath": "a"}`,
    `[{"md5": "${MD5}", "relpath": "a"}, ]`,
    `[{"md5": "${MD5}", "relpath": "a}]`,
    `[{"md5": "${MD5}", "relpath": "a"}] `.replace('] ', ']]'),
    `[{"md5": "${MD5}", "relpath": "a"},  {"md5": "${MD5}", "relpath": "a"}]`,
    '[{"md5": "abc", "relpath": "a"}]',
  ];
  for (const text of shapes) assert.ok(isDamaged(text), text.slice(0, 80));
});

test('two entries for one path, or one below a file, are damaged', () => {
  const entry = (relpath: string): DvcDirEntry => ({ md5: MD5, relpath });
  assert.ok(isDamaged(JSON.stringify([entry('a'), entry('a')])));
  assert.ok(isDamaged(JSON.stringify([entry('a/b/c'), entry('a/b')])));
  assert.not.ok(isDamaged(JSON.stringify([entry('a/b/c'), entry('a/bc')])));
});

test.run();
