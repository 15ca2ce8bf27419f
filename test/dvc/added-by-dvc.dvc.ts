/** What the real DVC adds, commits, moves and imports: git cmf reads it, brings it back, and goes on with it. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson } from '../helpers/sites.ts';
import { BADLY_IGNORED, layContent, layVectors, namesToAdd, writeBelow } from './odd-content.ts';
import {
  assertClean,
  type Data,
  dataIn,
  dvc,
  makeDvcRepository,
  pointersIn,
  removeTracked,
  trackedData,
} from './real-dvc.ts';

const it = suite('dvc: what DVC adds');

let root: string;
let stuff: string;
let vectors: readonly string[];
let data: Data;

async function statesAt(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const { items } = await cmfJson(folder, ['artifact', 'status']);
  return Object.fromEntries(items.map(({ path, state }) => [String(path), state]));
}

it('we list and verify it, and find it clean', async () => {
  root = await makeDvcRepository('dvc');
  stuff = join(root, 'stuff');
  layContent(root);
  vectors = layVectors(root);
  data = trackedData(stuff);
  await dvc(stuff, ['add', '--quiet', '--', ...namesToAdd()]);
  await dvc(join(root, 'odd'), ['add', '--quiet', '--', ...Object.keys(BADLY_IGNORED)]);
  await dvc(root, ['add', '--quiet', '--', ...vectors]);
  const { items } = await cmfJson(root, ['artifact', 'list']);
  const expected = [
    ...namesToAdd().map((name) => `stuff/${name}`),
    ...Object.keys(BADLY_IGNORED).map((name) => `odd/${name}`),
    ...vectors,
  ];
  assert.equal(items.map(({ path }) => path).sort(), expected.sort());
  await cmf(root, ['artifact', 'verify']);
  await assertClean(root);
});

it('we bring back what was deleted, and DVC finds it clean', async () => {
  const odd = dataIn(join(root, 'odd'));
  for (const folder of [stuff, join(root, 'odd')]) removeTracked(folder);
  await cmf(root, ['artifact', 'checkout']);
  assert.equal(trackedData(stuff), data);
  assert.equal(dataIn(join(root, 'odd')), odd);
  await assertClean(root);
});

it('adding it again only adds our claim to the pointers, and nothing to the cache or .gitignore', async () => {
  const before = pointersIn(stuff);
  const ignored = readFileSync(join(stuff, '.gitignore'), 'utf8');
  await cmf(stuff, ['artifact', 'add', '--', ...namesToAdd()]);
  const after = pointersIn(stuff);
  for (const [name, text] of Object.entries(before)) {
    const [same, claim = ''] = [after[name]?.slice(0, text.length), after[name]?.slice(text.length)];
    assert.is(same, text);
    assert.match(claim, /^ {2}meta:\n {4}cmf:\n {6}(?:blake3|tree): [0-9a-f]{64}\n$/);
  }
  assert.is(readFileSync(join(stuff, '.gitignore'), 'utf8'), ignored);
  await dvc(root, ['commit', '--force']);
  assert.equal(pointersIn(stuff), after);
  await assertClean(root);
});

it('we and DVC extend the same folder and the same file in turn', async () => {
  for (const round of [1, 2]) {
    writeBelow(stuff, `nested/ours ${round}`, `ours ${round}`);
    writeBelow(stuff, 'plain.txt', `ours ${round}`);
    assert.equal((await statesAt(stuff))['stuff/nested'], 'modified');
    await cmf(stuff, ['artifact', 'add', 'nested', 'plain.txt']);
    await assertClean(root);
    writeBelow(stuff, `nested/theirs ${round}`, `theirs ${round}`);
    writeBelow(stuff, 'plain.txt', `theirs ${round}`);
    rmSync(join(stuff, `nested/ours ${round}`));
    // A part of a folder, and all that is in it: the two ways of DVC to take a change.
    await dvc(stuff, ['add', '--quiet', 'plain.txt', `nested/theirs ${round}`, `nested/ours ${round}`]);
    await dvc(stuff, ['commit', '--force', 'nested.dvc']);
    await assertClean(root);
  }
  const content = trackedData(stuff);
  removeTracked(stuff);
  await cmf(stuff, ['artifact', 'checkout']);
  assert.equal(trackedData(stuff), content);
});

it('a pointer without a size, as DVC writes it for a part of a folder, is read and completed', async () => {
  writeBelow(root, 'part/folder/a', 'a');
  writeBelow(root, 'part/folder/b', 'b');
  await dvc(root, ['add', '--quiet', 'part/folder']);
  writeBelow(root, 'part/folder/a', 'changed');
  await dvc(root, ['add', '--quiet', 'part/folder/a']);
  const pointer = join(root, 'part/folder.dvc');
  assert.not.match(readFileSync(pointer, 'utf8'), /size:/);
  await assertClean(root);
  await cmf(root, ['artifact', 'add', 'part/folder']);
  assert.match(readFileSync(pointer, 'utf8'), /\n {2}size: 8\n/);
  await assertClean(root);
});

it('what DVC moved is where it moved it', async () => {
  await dvc(stuff, ['move', '--quiet', 'crlf.txt', 'moved.txt']);
  await dvc(stuff, ['move', '--quiet', 'nested', 'moved folder']);
  await assertClean(root);
  removeTracked(stuff);
  await cmf(stuff, ['artifact', 'checkout', 'moved folder', 'moved.txt']);
  await cmf(stuff, ['artifact', 'checkout']);
  assert.is(dataIn(stuff)['moved folder/a/b/c/deep'], '1');
  await assertClean(root);
});

it('imports are listed, checked and brought back, and left to dvc update', async () => {
  const source = makeTempDirectory('source');
  writeBelow(source, 'file', 'imported');
  writeBelow(source, 'folder/a', 'a');
  const other = await makeDvcRepository('git cmf');
  writeBelow(other, 'model', 'a model');
  await cmf(other, ['artifact', 'add', 'model']);
  await git(['add', '--all'], { cwd: other });
  await git(['commit', '--quiet', '-m', 'a model'], { cwd: other });
  const imported = join(root, 'imported');
  writeBelow(imported, '.keep', '');
  await dvc(imported, ['import-url', '--quiet', join(source, 'file')]);
  await dvc(imported, ['import-url', '--quiet', join(source, 'folder')]);
  await dvc(imported, ['import', '--quiet', other, 'model']);
  await dvc(imported, ['import-url', '--quiet', '--no-download', join(source, 'file'), 'later']);
  assert.equal(
    Object.entries(await statesAt(imported)).filter(([path]) => path.startsWith('imported/')),
    [
      ['imported/file', 'clean'],
      ['imported/folder', 'clean'],
      ['imported/later', 'unhashed'],
      ['imported/model', 'clean'],
    ],
  );
  const before = pointersIn(imported);
  const content = dataIn(imported);
  for (const name of ['file', 'folder', 'model']) rmSync(join(imported, name), { recursive: true });
  await cmf(imported, ['artifact', 'checkout']);
  assert.equal(dataIn(imported), content);
  appendFileSync(join(imported, 'file'), 'changed');
  const { stderr } = await cmf(imported, ['artifact', 'add', 'file'], { expectExit: 4 });
  assert.match(stderr, /its data is imported\nhint: dvc update /);
  await cmf(imported, ['artifact', 'checkout', '--force', 'file']);
  assert.equal(pointersIn(imported), before);
  writeFileSync(join(source, 'file'), 'a new version');
  await dvc(imported, ['update', '--quiet', 'file.dvc', 'later.dvc']);
  assert.equal(
    [(await statesAt(imported))['imported/file'], (await statesAt(imported))['imported/later']],
    ['clean', 'clean'],
  );
});

it('what DVC did not keep is named, and kept by us', async () => {
  writeBelow(root, 'unkept/file', 'not in the cache');
  await dvc(root, ['add', '--quiet', '--no-commit', 'unkept/file']);
  const at = async () => (await cmfJson(join(root, 'unkept'), ['artifact', 'status', '.'])).items;
  assert.equal(
    (await at()).map(({ state, notInCache }) => [state, notInCache]),
    [['clean', 1]],
  );
  await cmf(root, ['artifact', 'add', 'unkept/file']);
  assert.equal(
    (await at()).map(({ state, notInCache }) => [state, notInCache]),
    [['clean', 0]],
  );
  await assertClean(join(root, 'unkept'));
});

it.run();
