import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeTreeManifest, type TreeFile } from '../../src/domain/tree-manifest.ts';

const test = suite('tree-manifest');
const HASH = 'ab'.repeat(32);

function file(path: string | Uint8Array, sizeBytes = 3): TreeFile {
  return { path, blake3: HASH, sizeBytes };
}

function manifest(files: readonly TreeFile[]): string {
  return new TextDecoder().decode(encodeTreeManifest(files));
}

test('an empty directory is the header alone', () => {
  assert.is(manifest([]), 'git-cmf blake3-tree 1\n');
});

test('one line of canonical JSON for each file, sorted by the bytes of the path', () => {
  assert.is(
    manifest([file('\u{1f600}'), file('\ufb01', 4), file('a/b'), file('a-b')]),
    `git-cmf blake3-tree 1\n["a-b","${HASH}",3]\n["a/b","${HASH}",3]\n` +
      `["\ufb01","${HASH}",4]\n["\u{1f600}","${HASH}",3]\n`,
  );
});

test('a name that is not UTF-8 stands as base64 at the place of its bytes', () => {
  const text = manifest([file('z'), file(Uint8Array.of(0x62, 0xff)), file('c'), file('b')]);
  const lines = text.split('\n').slice(1, 5);
  assert.equal(
    lines.map((line) => JSON.parse(line)[0]),
    ['b', { $bytes: 'Yv8=' }, 'c', 'z'],
  );
});

test('bytes that are UTF-8 give the same manifest as the text', () => {
  assert.is(manifest([file(new TextEncoder().encode('\ufeffé'))]), manifest([file('\ufeffé')]));
});

test('the order of the files does not matter, a changed size does', () => {
  const files = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(files, (paths) => {
      const forward = paths.map((path) => file(path));
      assert.is(manifest(forward), manifest(forward.toReversed()));
      assert.is.not(manifest(forward), manifest([...forward.slice(1), file(paths[0] ?? '', 4)]));
    }),
  );
});

test('half a surrogate pair is refused', () => {
  assert.throws(() => encodeTreeManifest([file('\ud800')]), /surrogate/);
});

test.run();
