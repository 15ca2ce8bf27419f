/** Data that DVC imported from elsewhere, beside a storage: what of it goes there, and what does not. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf } from '../helpers/sites.ts';
import { writeBelow } from './odd-content.ts';
import { assertClean, dvc, makeDvcRepository } from './real-dvc.ts';

/** `push: false`, as a person writes it. */
const KEPT_HERE = `outs:
- md5: 583ce9d394aac2f8120688eb794db88e
  size: 9
  hash: md5
  path: kept here
  push: false
`;

const it = suite('dvc: imports and storages');

it('neither sends what comes from another repository; DVC gets it from there, and we say so', async () => {
  const other = await makeDvcRepository('git cmf');
  writeBelow(other, 'model', 'a model');
  await cmf(other, ['artifact', 'add', 'model']);
  await git(['add', '--all'], { cwd: other });
  await git(['commit', '--quiet', '-m', 'a model'], { cwd: other });
  const source = makeTempDirectory('source');
  writeBelow(source, 'from a url', 'from a url');
  const shelves = makeTempDirectory('shelves');
  const root = await makeDvcRepository('git cmf');
  await cmf(root, ['storage', 'add', 'ours', join(shelves, 'ours'), '--default']);
  await cmf(root, ['storage', 'add', 'theirs', join(shelves, 'theirs')]);
  await dvc(root, ['import', '--quiet', other, 'model']);
  await dvc(root, ['import-url', '--quiet', join(source, 'from a url')]);
  writeBelow(root, 'own', 'our own');
  writeBelow(root, 'kept here', 'kept here');
  await cmf(root, ['artifact', 'add', 'own', 'kept here']);
  writeBelow(root, 'kept here.dvc', KEPT_HERE);
  await git(['add', '--all'], { cwd: root });
  await git(['commit', '--quiet', '-m', 'imports'], { cwd: root });
  await cmf(root, ['artifact', 'push']);
  await dvc(root, ['push', '--quiet', '--remote', 'theirs']);
  const listed = (name: string) => readdirSync(join(shelves, name), { recursive: true, encoding: 'utf8' }).sort();
  assert.equal(listed('ours'), listed('theirs'));
  assert.is(listed('ours').filter((name) => name.length > 30).length, 2);
  const clone = makeTempDirectory('clone');
  await git(['clone', '--quiet', root, clone], { cwd: clone });
  const { stdout, stderr } = await cmf(clone, ['artifact', 'pull', 'model', 'own', 'from a url'], { expectExit: 1 });
  assert.match(stdout, /^own: 1 file written$/m);
  assert.match(stdout, /^from a url: 1 file written$/m);
  assert.match(stderr, /hint: its pointer keeps it out of storages; what was imported comes with dvc pull\n$/);
  await dvc(clone, ['pull', '--quiet', 'model']);
  await cmf(clone, ['artifact', 'pull', 'model', 'own', 'from a url']);
  await assertClean(root);
});

it.run();
