import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkoutFiles } from '../../../src/adapters/files/checkout-files.ts';
import type { CachePlace, LinkType } from '../../../src/domain/dvc-cache.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('checkout-files');

type Bench = { readonly root: string; readonly temporary: string; readonly place: CachePlace };

function lay(linkTypes: readonly LinkType[] = ['copy']): Bench {
  const top = makeTempDirectory('checkout');
  mkdirSync(join(top, 'tree'));
  const place = { directory: join(top, 'cache'), linkTypes, group: false };
  return { root: join(top, 'tree'), temporary: join(top, 'tmp'), place };
}

function store({ place }: Bench, content: string): { readonly kind: string; readonly value: string } {
  const value = createHash('md5').update(content).digest('hex');
  const path = join(place.directory, 'files/md5', value.slice(0, 2), value.slice(2));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o444 });
  return { kind: 'md5', value };
}

function write(bench: Bench, files: Readonly<Record<string, string>>, removes: readonly string[] = []): Promise<void> {
  const writes = Object.entries(files).map(([path, content]) => ({
    path,
    digest: store(bench, content),
    executable: path.endsWith('.sh'),
  }));
  return checkoutFiles(bench.place, { root: bench.root, removes, keepFolder: '', writes }, [bench.temporary]);
}

async function refusal(work: Promise<void>): Promise<CmfError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('files appear with their content, writable, executable where asked, and nothing temporary remains', async () => {
  const bench = lay();
  writeFileSync(join(bench.root, 'b'), 'old');
  await write(bench, { a: '1', b: '22', 'd/e/c': '', 'run.sh': '#!/bin/sh\n' });
  const read = (path: string) => readFileSync(join(bench.root, path), 'utf8');
  assert.equal([read('a'), read('b'), read('d/e/c'), read('run.sh')], ['1', '22', '', '#!/bin/sh\n']);
  assert.is(statSync(join(bench.root, 'a')).mode & 0o200, 0o200);
  assert.is(statSync(join(bench.root, 'run.sh')).mode & 0o100, 0o100);
  assert.equal(readdirSync(bench.temporary), []);
});

test('links are made by cache.type; an empty file is always one of its own', async () => {
  const hard = lay(['hardlink']);
  await write(hard, { a: '1', empty: '' });
  assert.is(statSync(join(hard.root, 'a')).nlink, 2);
  assert.is(statSync(join(hard.root, 'empty')).nlink, 1);
  const soft = lay(['symlink']);
  await write(soft, { a: '1', empty: '' });
  assert.ok(readlinkSync(join(soft.root, 'a')).startsWith(soft.place.directory));
  assert.ok(lstatSync(join(soft.root, 'empty')).isFile());
});

test('an executable file is no link: its mode would be that of the object', async () => {
  for (const type of ['hardlink', 'symlink'] as const) {
    const bench = lay([type]);
    await write(bench, { 'run.sh': '#!/bin/sh\n' });
    const stats = lstatSync(join(bench.root, 'run.sh'));
    assert.ok(stats.isFile());
    assert.is(stats.mode & 0o700, 0o700);
    const { value } = store(lay(), '#!/bin/sh\n');
    const object = join(bench.place.directory, 'files/md5', value.slice(0, 2), value.slice(2));
    assert.is(statSync(object).mode & 0o777, 0o444);
  }
});

test('what goes takes the folders with it that are empty then', async () => {
  const bench = lay();
  await write(bench, { 'd/e/a': '1', 'd/b': '2' });
  await write(bench, { e: '3' }, ['d/e/a', 'd/nothing']);
  assert.equal(readdirSync(bench.root).sort(), ['d', 'e']);
  assert.equal(readdirSync(join(bench.root, 'd')), ['b']);
});

test('a folder that went with its last file is made again for another', async () => {
  const bench = lay();
  await write(bench, { 'd/e/a': '1', 'd/b': '2' });
  await write(bench, { 'd/e/c': '3' }, ['d/e/a']);
  assert.is(readFileSync(join(bench.root, 'd/e/c'), 'utf8'), '3');
});

test('what came before a file that fails is there, and nothing of that one', async () => {
  const bench = lay();
  mkdirSync(join(bench.root, 'old'));
  const writes = ['new/a', 'old/a', 'new/b', 'old/b'].map((path) => ({
    path,
    digest: path.endsWith('a') ? store(bench, path) : { kind: 'md5', value: '0'.repeat(32) },
    executable: false,
  }));
  const order = { root: bench.root, removes: [], keepFolder: '', writes };
  await checkoutFiles(bench.place, order, [bench.temporary]).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.equal(readdirSync(join(bench.root, 'new')), ['a']);
  assert.equal(readdirSync(join(bench.root, 'old')), ['a']);
  assert.equal(readdirSync(bench.temporary), []);
});

test('nothing is written or removed through a folder that is a link', async () => {
  const bench = lay();
  const outside = makeTempDirectory('outside');
  mkdirSync(join(outside, 'sub'));
  writeFileSync(join(outside, 'sub/dear'), 'dear');
  symlinkSync(outside, join(bench.root, 'd'));
  for (const attempt of [
    write(bench, { 'd/x': '1' }),
    write(bench, { 'd/sub/x': '1' }),
    write(bench, {}, ['d/sub/dear']),
  ]) {
    const error = await refusal(attempt);
    assert.is(error.code, 'refused');
    assert.match(error.message, /tree\/d is a symbolic link/);
  }
  assert.equal(readdirSync(outside), ['sub']);
  assert.equal(readdirSync(join(outside, 'sub')), ['dear']);
});

test('a link at the place of a file is replaced, not followed', async () => {
  const bench = lay();
  const outside = join(makeTempDirectory('outside'), 'dear');
  writeFileSync(outside, 'dear');
  symlinkSync(outside, join(bench.root, 'a'));
  await write(bench, { a: '1' });
  assert.ok(lstatSync(join(bench.root, 'a')).isFile());
  assert.is(readFileSync(outside, 'utf8'), 'dear');
});

test('a damaged object does not come into the work tree, whatever its mode promises', async () => {
  const bench = lay();
  const { value } = store(bench, 'right');
  const object = join(bench.place.directory, 'files/md5', value.slice(0, 2), value.slice(2));
  chmodSync(object, 0o644);
  writeFileSync(object, 'wrong');
  chmodSync(object, 0o444);
  const writes = [{ path: 'a', digest: { kind: 'md5', value }, executable: false }];
  const order = { root: bench.root, removes: [], keepFolder: '', writes };
  const error = await refusal(checkoutFiles(bench.place, order, [bench.temporary]));
  assert.is(error.code, 'damaged');
  assert.equal(readdirSync(bench.root), []);
});

test('a large object, or one that becomes a link, is hashed unless it has the mode that DVC trusts', async () => {
  const large = 'x'.repeat(1024 * 1024 + 1);
  for (const [linkType, content] of [
    ['copy', large],
    ['hardlink', 'small'],
    ['symlink', large],
  ] as const) {
    const bench = lay([linkType]);
    const digest = store(bench, content);
    const object = join(bench.place.directory, 'files/md5', digest.value.slice(0, 2), digest.value.slice(2));
    const writes = [{ path: 'a', digest, executable: false }];
    const order = { root: bench.root, removes: [], keepFolder: '', writes };
    chmodSync(object, 0o644);
    await checkoutFiles(bench.place, order, [bench.temporary]);
    assert.is(readFileSync(join(bench.root, 'a'), 'utf8'), content);
    rmSync(join(bench.root, 'a'));
    writeFileSync(object, 'y'.repeat(content.length));
    assert.is((await refusal(checkoutFiles(bench.place, order, [bench.temporary]))).code, 'damaged');
    assert.equal(readdirSync(bench.root), []);
    chmodSync(object, 0o444);
    await checkoutFiles(bench.place, order, [bench.temporary]);
    assert.equal(readdirSync(bench.root), ['a']);
  }
});

test('a file that is right but for its x bit gets it, and a link keeps the mode of the cache', async () => {
  const bench = lay(['hardlink']);
  await write(bench, { linked: '1' });
  writeFileSync(join(bench.root, 'own'), '2');
  const executables = ['own', 'linked'];
  await checkoutFiles(bench.place, { root: bench.root, removes: [], keepFolder: '', writes: [], executables }, []);
  assert.is(statSync(join(bench.root, 'own')).mode & 0o100, 0o100);
  assert.is(statSync(join(bench.root, 'linked')).mode & 0o7777, 0o444);
});

test('a large object, or one that is linked, must be right or bear the mark of trust', async () => {
  const size = 2 * 1024 * 1024;
  for (const type of ['copy', 'hardlink', 'symlink'] as const) {
    for (const how of ['wrong', 'right', 'link'] as const) {
      const bench = lay([type]);
      const { value } = store(bench, 'r'.repeat(size));
      const object = join(bench.place.directory, 'files/md5', value.slice(0, 2), value.slice(2));
      chmodSync(object, 0o644);
      if (how === 'wrong') writeFileSync(object, 'w'.repeat(size));
      if (how === 'link') {
        const other = store(bench, 'w'.repeat(size)).value;
        rmSync(object);
        symlinkSync(join(bench.place.directory, 'files/md5', other.slice(0, 2), other.slice(2)), object);
      }
      const writes = [{ path: 'a', digest: { kind: 'md5', value }, executable: false }];
      const done = checkoutFiles(bench.place, { root: bench.root, removes: [], keepFolder: '', writes }, [
        bench.temporary,
      ]);
      if (how === 'right') await done;
      else assert.is((await refusal(done)).code, 'damaged', `${type} ${how}`);
      assert.equal(readdirSync(bench.root), how === 'right' ? ['a'] : []);
    }
  }
});

test.run();
