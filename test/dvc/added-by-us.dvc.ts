/** What git cmf adds, as the real DVC sees it: beside the repository of ours stands one in which DVC added the same. */
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dvcVectors, withoutClaim } from '../helpers/dvc-vectors.ts';
import { folderSnapshot } from '../helpers/folder-snapshot.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson } from '../helpers/sites.ts';
import { BADLY_IGNORED, layContent, layVectors, namesToAdd, writeBelow } from './odd-content.ts';
import {
  assertClean,
  type Data,
  dataIn,
  dvc,
  dvcDataStatus,
  dvcStatus,
  makeDvcRepository,
  pointersIn,
  removeTracked,
  trackedData,
} from './real-dvc.ts';

const it = suite('dvc: what git cmf adds');
const FOLDERS = ['stuff', 'odd'] as const;

let ours: string;
let theirs: string;
let vectors: readonly string[];
/** Everything as it was laid out, by folder. */
let data: Readonly<Record<string, Data>>;

function dataOf(root: string): typeof data {
  return Object.fromEntries(FOLDERS.map((folder) => [folder, trackedData(join(root, folder))]));
}

function removeData(): void {
  for (const folder of FOLDERS) removeTracked(join(ours, folder));
}

it('files and folders of every kind are added by both', async () => {
  ours = await makeDvcRepository('git cmf');
  theirs = await makeDvcRepository('dvc');
  for (const root of [ours, theirs]) {
    layContent(root);
    vectors = layVectors(root);
  }
  data = dataOf(ours);
  const all = namesToAdd();
  // Some of them by the other way to add something.
  await cmf(join(ours, 'stuff'), [
    'log-artifact',
    '--output',
    '-p',
    'p',
    '-s',
    's',
    '--',
    ...all.slice(0, 9),
    'nested',
  ]);
  await cmf(join(ours, 'stuff'), ['artifact', 'add', '--', ...all.slice(9)]);
  await cmf(join(ours, 'odd'), ['artifact', 'add', '--', ...Object.keys(BADLY_IGNORED)]);
  await cmf(ours, ['artifact', 'add', '--', ...vectors]);
  await dvc(join(theirs, 'stuff'), ['add', '--quiet', '--', ...all]);
  await dvc(join(theirs, 'odd'), ['add', '--quiet', '--', ...Object.keys(BADLY_IGNORED)]);
  await dvc(theirs, ['add', '--quiet', '--', ...vectors]);
  for (const root of [ours, theirs]) {
    assert.equal(dataOf(root), data);
    await git(['add', '--all', '--', ':(glob)**/*.dvc', ':(glob)**/.gitignore', '.dvc', '.dvcignore'], { cwd: root });
    await git(['commit', '--quiet', '-m', 'pointers'], { cwd: root });
  }
});

it('pointers are those of DVC, byte for byte, with a claim of our own', () => {
  for (const folder of [...FOLDERS, ...vectors.map(dirname)]) {
    const found = Object.entries(pointersIn(join(ours, folder)));
    assert.ok(found.every(([, text]) => withoutClaim(text) !== text));
    const stripped = Object.fromEntries(found.map(([name, text]) => [name, withoutClaim(text)]));
    assert.equal(stripped, pointersIn(join(theirs, folder)));
  }
  for (const { id, name, expected } of dvcVectors()) {
    assert.is(withoutClaim(readFileSync(join(ours, 'vectors', id, `${name}.dvc`), 'utf8')), expected.dvc_file);
  }
});

it('the cache is that of DVC: the same objects, of the same bytes and modes', () => {
  const objectsOf = (root: string) =>
    Object.entries(folderSnapshot(join(root, '.dvc/cache/files/md5'))).filter(([, what]) => what.startsWith('file '));
  assert.ok(objectsOf(ours).length > 50);
  assert.equal(objectsOf(ours), objectsOf(theirs));
});

it('.gitignore has the lines of DVC, and hides also the names for which these do not work', async () => {
  const linesOf = (root: string) => readFileSync(join(root, 'stuff/.gitignore'), 'utf8').split('\n').sort();
  assert.equal(linesOf(ours), linesOf(theirs));
  const shown = async (root: string) => (await git(['status', '--porcelain', '-z', 'odd'], { cwd: root })).stdout;
  assert.is(await shown(ours), '');
  assert.is((await shown(theirs)).split('\0').length, Object.keys(BADLY_IGNORED).length + 1);
});

it('DVC finds it clean, member by member, and has all of it in its cache', async () => {
  await assertClean(ours);
  // DVC takes names with a hash sign or a tab for others when it reads a commit, and finds them renamed, here and there.
  const found = await dvcDataStatus(ours);
  assert.equal(found, await dvcDataStatus(theirs));
  assert.equal(Object.keys(found), ['committed']);
});

it('DVC commits and adds the same again, and changes no byte of any pointer, .gitignore or object', async () => {
  const isKept = (path: string): boolean => /\.dvc$|\.gitignore$|^\.dvc\/(?:cache|config)/.test(path);
  const snapshot = () => Object.entries(folderSnapshot(ours, /^\.git\/|^\.dvc\/tmp/)).filter(([path]) => isKept(path));
  const before = snapshot();
  assert.ok(before.length > 150);
  await dvc(ours, ['commit', '--force']);
  assert.is((await git(['diff', '--stat'], { cwd: ours })).stdout, '');
  await dvc(join(ours, 'stuff'), ['add', '--quiet', '--', ...namesToAdd()]);
  await dvc(join(ours, 'odd'), ['add', '--quiet', '--', ...Object.keys(BADLY_IGNORED)]);
  await dvc(ours, ['add', '--quiet', '--', ...vectors]);
  assert.equal(snapshot(), before);
  assert.equal(dataOf(ours), data);
});

it('DVC brings back what was deleted', async () => {
  removeData();
  assert.not.equal(dataOf(ours), data);
  await dvc(ours, ['checkout', '--quiet']);
  assert.equal(dataOf(ours), data);
  await assertClean(ours);
});

it('git cmf brings back what was deleted, and DVC finds it clean', async () => {
  removeData();
  await cmf(ours, ['artifact', 'checkout']);
  assert.equal(dataOf(ours), data);
  await assertClean(ours);
});

for (const type of ['hardlink', 'symlink', 'copy', 'reflink,copy']) {
  it(`files are linked by ${type}, by one program after the other`, async () => {
    await dvc(ours, ['config', 'cache.type', type]);
    const before = pointersIn(join(ours, 'stuff'));
    await dvc(ours, ['checkout', '--relink', '--quiet']);
    assert.equal(dataOf(ours), data);
    removeData();
    await cmf(ours, ['artifact', 'checkout']);
    assert.equal(dataOf(ours), data);
    const linked = join(ours, 'linked', type);
    const fresh = { file: type, 'folder/a': `a ${type}`, 'folder/b': '', run: `#!${type}` };
    for (const [path, text] of Object.entries(fresh)) writeBelow(linked, path, text);
    chmodSync(join(linked, 'run'), 0o755);
    const content = dataIn(linked);
    const names = ['file', 'folder', 'run'];
    await cmf(linked, ['artifact', 'add', ...names]);
    const first = lstatSync(join(linked, 'file'));
    assert.is(first.isSymbolicLink() ? 'symlink' : first.nlink > 1 ? 'hardlink' : 'copy', type.replace('reflink,', ''));
    assert.equal(dataIn(linked), content);
    await assertClean(ours);
    const written = pointersIn(linked);
    await dvc(linked, ['add', '--quiet', ...names]);
    await dvc(ours, ['checkout', '--relink', '--quiet']);
    const { items } = await cmfJson(linked, ['artifact', 'add', ...names]);
    assert.equal(
      items.map(({ changed }) => changed),
      [false, false, false],
    );
    assert.equal([pointersIn(linked), pointersIn(join(ours, 'stuff')), dataIn(linked)], [written, before, content]);
    await cmf(ours, ['artifact', 'verify']);
    await assertClean(ours);
  });
}

it('DVC sees what changed in what we added, member by member, and so do we', async () => {
  writeBelow(ours, 'stuff/nested/top', 'changed');
  writeBelow(ours, 'stuff/nested/new', 'new');
  rmSync(join(ours, 'stuff/nested/same'));
  rmSync(join(ours, 'stuff/plain.txt'));
  assert.equal(Object.keys(await dvcStatus(ours)).sort(), ['stuff/nested.dvc', 'stuff/plain.txt.dvc']);
  assert.equal((await dvcDataStatus(ours))['uncommitted'], {
    added: ['stuff/nested/new'],
    deleted: ['stuff/nested/same', 'stuff/plain.txt'],
    modified: ['stuff/nested/', 'stuff/nested/top'],
  });
  const { items } = await cmfJson(ours, ['artifact', 'status']);
  assert.equal(
    items
      .filter(({ state }) => state !== 'clean')
      .map(({ path, state, added, removed, changed }) => [path, state, added, removed, changed]),
    [
      ['stuff/nested', 'modified', 1, 1, 1],
      ['stuff/plain.txt', 'deleted', null, null, null],
    ],
  );
  await dvc(ours, ['checkout', '--force', '--quiet']);
  assert.equal(dataOf(ours), data);
});

it('DVC moves what we added, and we go on with it', async () => {
  const stuff = join(ours, 'stuff');
  const moves = [
    ['crlf.txt', 'moved.txt'],
    ['nested', 'moved folder'],
    ['run.sh', "it's run.sh"],
  ] as const;
  for (const [from, to] of moves) {
    const text = readFileSync(join(stuff, `${from}.dvc`), 'utf8');
    await dvc(stuff, ['move', '--quiet', from, to]);
    assert.not.ok(existsSync(join(stuff, `${from}.dvc`)));
    assert.is(readFileSync(join(stuff, `${to}.dvc`), 'utf8').replace(/ {2}path: .*/, `  path: ${from}`), text);
    const { items } = await cmfJson(stuff, ['artifact', 'add', to]);
    assert.equal(
      items.map(({ path, changed }) => [path, changed]),
      [[`stuff/${to}`, false]],
    );
  }
  await assertClean(ours);
});

it('DVC gives our data to another folder, and cleans up without taking any of it', async () => {
  const target = makeTempDirectory('got');
  await git(['add', '--all', '--', 'stuff'], { cwd: ours });
  await git(['commit', '--quiet', '-m', 'moved'], { cwd: ours });
  await dvc(target, ['get', '--quiet', ours, 'stuff/moved folder', '--out', 'got']);
  assert.equal(dataIn(join(target, 'got')), dataIn(join(ours, 'stuff/moved folder')));
  await dvc(ours, ['gc', '--workspace', '--force', '--quiet']);
  await assertClean(ours);
  await cmf(ours, ['artifact', 'verify']);
});

it('DVC stops tracking what we added, and takes away the pointer and the line in .gitignore', async () => {
  const stuff = join(ours, 'stuff');
  await dvc(stuff, ['remove', 'plain.txt.dvc']);
  assert.not.ok(existsSync(join(stuff, 'plain.txt.dvc')));
  assert.not.match(readFileSync(join(stuff, '.gitignore'), 'utf8'), /^\/plain\.txt$/m);
  await cmf(stuff, ['artifact', 'add', 'plain.txt']);
  await assertClean(ours);
});

it.run();
