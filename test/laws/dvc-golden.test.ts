import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher } from '../../src/adapters/files/hasher.ts';
import { createPointerFiles } from '../../src/adapters/files/pointer-files.ts';
import { decodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { dirChunksOf } from '../../src/domain/hashed-files.ts';
import { dvcVectors, layVector, withoutClaim } from '../helpers/dvc-vectors.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

const test = suite('dvc-golden');

const vectors = dvcVectors();

test('there are 17 vectors', () => {
  assert.is(vectors.length, 17);
});

for (const vector of vectors) {
  test(`${vector.id} is hashed and written as DVC does`, async () => {
    const root = makeTempDirectory('vector');
    layVector(vector, root);
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
    assert.is(withoutClaim(written.text), expected.dvc_file);
    assert.is.not(written.text, expected.dvc_file);
    assert.is(readFileSync(join(root, `${vector.name}.dvc`), 'utf8'), written.text);
  });
}

test.run();
