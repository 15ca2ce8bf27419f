/** Pointers and caches of DVC 2, which has another MD5 and another layout: DVC 3 and git cmf read both, and leave them as they are. */
import { readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dvcVectors, withoutClaim } from '../helpers/dvc-vectors.ts';
import { folderSnapshot } from '../helpers/folder-snapshot.ts';
import { cmf, cmfJson } from '../helpers/sites.ts';
import { layAllLegacy, layLegacy } from './legacy-content.ts';
import { writeBelow } from './odd-content.ts';
import { assertClean, type Data, dataIn, dvc, dvcStatus, makeDvcRepository, removeTracked } from './real-dvc.ts';

const it = suite('dvc: pointers of DVC 2');

/** For this file DVC 2 and DVC 3 disagree about the hash of DVC 2. */
const DISPUTED = 'file-legacy-text-test-per-chunk';

let ours: string;
let theirs: string;
let paths: readonly string[];
let data: Readonly<Record<string, Data>>;

/** Without CR: to DVC 2, files that differ in nothing else are one, and any of them comes back. */
function dataOf(root: string): typeof data {
  const read = (path: string): Data => {
    const found = Object.entries(dataIn(join(root, dirname(path))));
    return Object.fromEntries(found.map(([name, text]) => [name, text.replaceAll('\r\n', '\n')]));
  };
  return Object.fromEntries(paths.map((path) => [path, read(path)]));
}

function pointersOf(root: string): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, `${path}.dvc`), 'utf8')]));
}

function removeData(root: string): void {
  for (const path of paths) removeTracked(join(root, dirname(path)));
}

it('both find them clean', async () => {
  ours = await makeDvcRepository('git cmf');
  theirs = await makeDvcRepository('dvc');
  paths = layAllLegacy(ours);
  layAllLegacy(theirs);
  data = dataOf(ours);
  assert.is(paths.length, 9);
  await assertClean(ours);
  const { items } = await cmfJson(ours, ['artifact', 'list']);
  assert.ok(items.every(({ digest }) => String(digest).startsWith('md5-dos2unix')));
  await cmf(ours, ['artifact', 'verify']);
});

it('each brings back what was deleted', async () => {
  removeData(ours);
  await cmf(ours, ['artifact', 'checkout']);
  assert.equal(dataOf(ours), data);
  await assertClean(ours);
  removeData(ours);
  await dvc(ours, ['checkout', '--quiet']);
  assert.equal(dataOf(ours), data);
  await assertClean(ours);
});

it('neither rewrites what did not change, and we store nothing twice', async () => {
  // With CR and without, as it was.
  removeData(ours);
  layAllLegacy(ours);
  const before = pointersOf(ours);
  const cache = folderSnapshot(join(ours, '.dvc/cache'));
  const { items } = await cmfJson(ours, ['artifact', 'add', ...paths]);
  assert.ok(items.every(({ changed }) => changed === false));
  assert.equal([pointersOf(ours), folderSnapshot(join(ours, '.dvc/cache'))], [before, cache]);
  await dvc(ours, ['add', '--quiet', ...paths]);
  assert.equal(pointersOf(ours), before);
  await assertClean(ours);
});

it('what changed is written as DVC 3 writes it', async () => {
  for (const root of [ours, theirs]) {
    writeBelow(root, 'file-text-crlf/crlf.txt', 'changed\r\n');
    writeBelow(root, 'dir-crlf-members/data/new.txt', 'new\r\n');
  }
  const changed = ['file-text-crlf/crlf.txt', 'dir-crlf-members/data'];
  await cmf(ours, ['artifact', 'add', ...changed]);
  await dvc(theirs, ['add', '--quiet', ...changed]);
  assert.equal(
    Object.fromEntries(Object.entries(pointersOf(ours)).map(([path, text]) => [path, withoutClaim(text)])),
    pointersOf(theirs),
  );
  await assertClean(ours);
  await assertClean(theirs);
  data = dataOf(ours);
  removeData(ours);
  await cmf(ours, ['artifact', 'checkout']);
  assert.equal(dataOf(ours), data);
});

it('DVC migrates the rest, and we find it clean', async () => {
  await dvc(ours, ['cache', 'migrate', '--dvc-files']);
  const { items } = await cmfJson(ours, ['artifact', 'list']);
  assert.ok(items.every(({ digest }) => /^md5(?:-dir)?:/.test(String(digest))));
  await assertClean(ours);
  removeData(ours);
  await cmf(ours, ['artifact', 'checkout']);
  assert.equal(dataOf(ours), data);
});

it('a file of more than 1 MiB for which DVC 2 had a hash that DVC 3 does not compute is clean for us alone', async () => {
  const root = await makeDvcRepository('git cmf');
  const vector = dvcVectors().find(({ id }) => id === DISPUTED);
  const md5 = vector?.expected.md5_dos2unix_as_dvc2;
  if (vector === undefined || md5 === undefined) throw new Error(`there is no ${DISPUTED}`);
  const path = layLegacy(root, vector, md5);
  const text = readFileSync(join(root, path));
  rmSync(join(root, path));
  await cmf(root, ['artifact', 'checkout']);
  assert.ok(readFileSync(join(root, path)).equals(text));
  await cmf(root, ['artifact', 'verify']);
  const { items } = await cmfJson(root, ['artifact', 'status']);
  assert.equal(
    items.map(({ state }) => state),
    ['clean'],
  );
  assert.equal(Object.keys(await dvcStatus(root)), [`${path}.dvc`]);
  assert.is(basename(path), vector.name);
});

it.run();
