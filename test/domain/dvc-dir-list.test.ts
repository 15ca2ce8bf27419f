import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inOrder } from '../../src/domain/directory-diff.ts';
import { decodeDvcDir, encodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { dvcDirList } from '../../src/domain/dvc-dir-list.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('dvc-dir-list');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';

/** Parts that sort around `/`, and some that are escaped or refused. */
const part = fc.constantFrom('a', 'a-b', 'a.b', 'ab', 'b', '\u00e9', '"', '..');
const paths = fc.array(
  fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
  { maxLength: 8 },
);

function judge(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof CmfError ? [error.code, error.message] : error;
  }
}

function textOf(relpaths: readonly string[]): string {
  return `[${relpaths.map((relpath) => `{"md5": "${MD5}", "relpath": ${JSON.stringify(relpath)}}`).join(', ')}]`;
}

function bytesOf(relpaths: readonly string[]): Buffer {
  return Buffer.from(textOf(relpaths));
}

test('accepts, refuses and yields what decoding does, in whatever order the text is', () => {
  fc.assert(
    fc.property(paths, fc.boolean(), (relpaths, sorted) => {
      const text = textOf(sorted ? [...relpaths].sort() : relpaths);
      assert.equal(
        judge(() => [...dvcDirList(Buffer.from(text))]),
        judge(() => [...inOrder(decodeDvcDir(text))]),
      );
    }),
  );
});

test('can be gone through again', () => {
  for (const relpaths of [['a', 'b/c'], ['\u00e9', 'a'], []]) {
    const list = dvcDirList(Buffer.from(encodeDvcDir(relpaths.map((relpath) => ({ md5: MD5, relpath })))));
    assert.equal([...list], [...list]);
    assert.is([...list].length, relpaths.length);
  }
});

test('a file below a file is found across what sorts between them', () => {
  assert.throws(() => dvcDirList(bytesOf(['a', 'a-b', 'a.b', 'a/b'])), /lies below/);
  assert.is([...dvcDirList(bytesOf(['a-b', 'a.b', 'a/b', 'ab']))].length, 4);
});

test('lists that are longer than what is looked at at once, and names that are nearly as long as that', () => {
  for (const length of [1, 100, 4000, 8100, 8200, 40_000]) {
    const relpaths = Array.from({ length: 700 }, (_, i) => `${String(i).padStart(5, '0')}${'x'.repeat(i % 7)}`);
    relpaths.push('y'.repeat(length), 'z');
    assert.equal(
      Array.from(dvcDirList(bytesOf(relpaths)), ({ relpath }) => relpath),
      relpaths,
    );
  }
});

test.run();
