import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher } from '../../src/adapters/files/hasher.ts';
import { createPointerFiles } from '../../src/adapters/files/pointer-files.ts';
import { decodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { dirChunksOf } from '../../src/domain/hashed-files.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

/** One case that was run through `dvc add` of DVC 3.67: what to put on disk, and what DVC made of it. */
type Vector = {
  readonly id: string;
  readonly kind: 'file' | 'dir';
  readonly name: string;
  readonly mode?: string;
  readonly dvcignore?: string;
  readonly content_b64?: string;
  readonly content_recipe?: readonly { readonly b64: string; readonly times: number }[];
  readonly entries?: readonly { readonly path: string; readonly type: string; readonly content_b64?: string }[];
  readonly expected: {
    readonly md5: string;
    readonly size: number;
    readonly nfiles?: number;
    readonly dir_json?: string;
    readonly sorted_relpaths?: readonly string[];
    readonly dvc_file: string;
  };
};

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../golden/dvc-vectors.json', import.meta.url), 'utf8'),
);

const test = suite('dvc-golden');

function contentOf(vector: Vector): Buffer {
  const parts = vector.content_recipe ?? [{ b64: vector.content_b64 ?? '', times: 1 }];
  return Buffer.concat(
    parts.map(({ b64, times }) => Buffer.from(Buffer.from(b64, 'base64').toString('latin1').repeat(times), 'latin1')),
  );
}

/** Lays a vector out in a new folder and returns the folder. */
function layOut(vector: Vector): string {
  const root = makeTempDirectory('vector');
  const path = join(root, vector.name);
  if (vector.dvcignore !== undefined) writeFileSync(join(root, '.dvcignore'), vector.dvcignore);
  if (vector.kind === 'file') writeFileSync(path, contentOf(vector));
  else mkdirSync(path);
  if (vector.mode !== undefined) chmodSync(path, Number.parseInt(vector.mode, 8));
  for (const entry of vector.entries ?? []) {
    const member = join(path, entry.path);
    mkdirSync(entry.type === 'emptydir' ? member : dirname(member), { recursive: true });
    if (entry.type !== 'emptydir') writeFileSync(member, Buffer.from(entry.content_b64 ?? '', 'base64'));
  }
  return root;
}

function withoutMeta(pointer: string): string {
  return pointer.replace(/^ {2}meta:\n {4}cmf:\n {6}(?:blake3|tree): [0-9a-f]{64}\n/m, '');
}

test('there are 17 vectors', () => {
  assert.is(vectors.length, 17);
});

for (const vector of vectors) {
  test(`${vector.id} is hashed and written as DVC does`, async () => {
    const root = layOut(vector);
    const hashed = await createHasher().hash(join(root, vector.name), { root });
    assert.equal(hashed.dvc, { ok: true });
    const { expected } = vector;
    assert.is(hashed.sizeBytes, expected.size);
    if (hashed.kind === 'directory') {
      assert.is(hashed.nfiles, expected.nfiles);
      const text = [...dirChunksOf(await hashed.listFiles())].join('');
      assert.is(text, expected.dir_json);
      assert.equal(
        decodeDvcDir(text).map(({ relpath }) => relpath),
        expected.sorted_relpaths,
      );
    }
    const pointers = createPointerFiles({ lockDirectory: join(root, 'locks') });
    const written = await pointers.write(join(root, `${vector.name}.dvc`), { path: vector.name, ...hashed });
    assert.is(withoutMeta(written.text), expected.dvc_file);
    assert.is.not(written.text, expected.dvc_file);
    assert.is(readFileSync(join(root, `${vector.name}.dvc`), 'utf8'), written.text);
  });
}

test.run();
