import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findDvcFiles } from '../../../src/adapters/files/find-dvc-files.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('find-dvc-files');

function lay(files: Readonly<Record<string, string>>): string {
  const root = makeTempDirectory('pointers');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test('finds pointers at any depth, in the order of their paths, and nothing that only looks like one', () => {
  const root = lay({ 'b.dvc': '', 'a/c.dvc': '', 'a/.dvc': '', 'a/dvc': '', 'a/x.dvc/y': '', 'a/x.dvcs': '' });
  assert.equal(findDvcFiles(root, ''), ['a/c.dvc', 'b.dvc']);
  assert.equal(findDvcFiles(root, 'a'), ['a/c.dvc']);
});

test('goes into no data, no repository folder and no link', () => {
  const root = lay({ 'data.dvc': '', 'data/in.dvc': '', '.git/x.dvc': '', '.dvc/x.dvc': '', 'real/r.dvc': '' });
  symlinkSync('real', join(root, 'link'));
  assert.equal(findDvcFiles(root, ''), ['data.dvc', 'real/r.dvc']);
});

test('obeys the rules of each folder and of those above it', () => {
  const root = lay({
    '.dvcignore': 'hidden\n',
    'hidden/x.dvc': '',
    'a/.dvcignore': 'no.dvc\n',
    'a/no.dvc': '',
    'a/yes.dvc': '',
    'a/hidden/x.dvc': '',
    'b/no.dvc': '',
  });
  assert.equal(findDvcFiles(root, ''), ['a/yes.dvc', 'b/no.dvc']);
  assert.equal(findDvcFiles(root, 'a'), ['a/yes.dvc']);
});

test.run();
