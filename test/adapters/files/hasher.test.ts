import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Blake3, loadBlake3, loadWasmBlake3 } from '../../../src/adapters/files/blake3.ts';
import { createHasher } from '../../../src/adapters/files/hasher.ts';
import { CmfError, type ErrorCode } from '../../../src/domain/errors.ts';
import { dirChunksOf } from '../../../src/domain/hashed-files.ts';
import type { Hashed, HashedDirectory } from '../../../src/ports/hasher.ts';
import { makeTempDirectory, runSealed } from '../../helpers/sealed-git.ts';

const test = suite('hasher');

/** A new folder with these files; a value that starts with `->` is a link. */
function lay(files: Readonly<Record<string, string>>): string {
  const root = makeTempDirectory('hasher');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (content.startsWith('->')) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return root;
}

async function hashDirectory(root: string, name = 'd'): Promise<HashedDirectory> {
  const hashed = await createHasher().hash(join(root, name), { root });
  if (hashed.kind !== 'directory') throw new Error('not a directory');
  return hashed;
}

async function failure(work: Promise<unknown>): Promise<CmfError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

async function refuses(root: string, name: string, code: ErrorCode, pattern: RegExp): Promise<void> {
  const error = await failure(createHasher().hash(join(root, name), { root }));
  assert.is(error.code, code);
  assert.match(error.message, pattern);
}

function reasonOf(hashed: Hashed): string {
  return hashed.dvc.ok ? 'ok' : hashed.dvc.reason;
}

async function dirText(hashed: HashedDirectory): Promise<string> {
  return [...dirChunksOf(await hashed.listFiles())].join('');
}

async function paths(hashed: HashedDirectory): Promise<string[]> {
  return JSON.parse(await dirText(hashed)).map((entry: { relpath: string }) => entry.relpath);
}

test('a file: both digests of one read, size, x bit', async () => {
  const root = lay({ f: 'abc' });
  chmodSync(join(root, 'f'), 0o654);
  assert.equal(await createHasher().hash(join(root, 'f'), { root }), {
    kind: 'file',
    digests: [
      { kind: 'md5', value: '900150983cd24fb0d6963f7d28e17f72' },
      { kind: 'blake3', value: '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85' },
    ],
    sizeBytes: 3,
    executable: true,
    dvc: { ok: true },
  });
});

test('a file larger than the read buffer gives the same digests with either BLAKE3', async () => {
  const root = lay({ f: 'x'.repeat(2 * 1024 * 1024 + 17) });
  const native = await createHasher().hash(join(root, 'f'), { root });
  const wasm = await createHasher({ load: loadWasmBlake3 }).hash(join(root, 'f'), { root });
  assert.equal(native, wasm);
  assert.is(native.digests[0]?.value, createHash('md5').update('x'.repeat(native.sizeBytes)).digest('hex'));
});

test('the tree digest sees the names, whatever the times and the x bits are', async () => {
  const root = lay({ 'd/a': '1', 'd/b/c': '2', 'e/a': '1', 'e/b/c': '2' });
  utimesSync(join(root, 'e/a'), 1, 1);
  const treeOf = async (name: string): Promise<string> => (await hashDirectory(root, name)).digests[1]?.value ?? '';
  assert.is(await treeOf('d'), await treeOf('e'));
  chmodSync(join(root, 'e/a'), 0o755);
  assert.is(await treeOf('d'), await treeOf('e'));
  renameSync(join(root, 'e/a'), join(root, 'e/c'));
  assert.is.not(await treeOf('d'), await treeOf('e'));
});

test('the manifest is hashed as documented', async () => {
  const root = lay({ 'd/a': 'abc' });
  const { hashHex } = await loadBlake3();
  const line = `["a","${hashHex(Buffer.from('abc'))}",3]\n`;
  const expected = hashHex(Buffer.from(`git-cmf blake3-tree 1\n${line}`));
  assert.equal((await hashDirectory(root)).digests[1], { kind: 'blake3-tree', value: expected });
});

test('links to files are files, and what DVC leaves out is left out and named', async () => {
  const root = lay({
    'd/real': 'x',
    'd/link': '->../target',
    'd/linked-folder': '->../other',
    'd/.git/config': 'x',
    'd/sub/.git': 'gitdir: x',
    'd/.hg/x': 'x',
    'd/.dvc/config': '',
    'd/.gitignore': 'x',
    'd/sub/.hg': 'a file',
    'd/nested/.dvc/config': '',
    'd/nested/deep/data': 'x',
    target: 'linked',
    'other/x': 'x',
  });
  const hashed = await hashDirectory(root);
  assert.equal(await paths(hashed), ['.gitignore', 'link', 'real', 'sub/.hg']);
  assert.equal(hashed.leftOut, [
    { path: '.dvc', why: 'repository-folder' },
    { path: '.git', why: 'repository-folder' },
    { path: '.hg', why: 'repository-folder' },
    { path: 'linked-folder', why: 'linked-folder' },
    { path: 'nested', why: 'nested-dvc-repository' },
    { path: 'sub/.git', why: 'repository-folder' },
  ]);
  assert.is(hashed.sizeBytes, 1 + 6 + 1 + 6);
});

test('.dvcignore of the top and of the folders down to the path hide files, and may bring them back', async () => {
  const root = lay({
    '.dvcignore': '*.log\n/p/d/out/\n',
    'p/.dvcignore': '!keep.log\nbroken\n',
    'p/d/a.log': 'x',
    'p/d/keep.log': 'x',
    'p/d/out/x': 'x',
    'p/d/broken': '->nowhere',
    'p/d/a': 'x',
  });
  const hashed = await hashDirectory(root, 'p/d');
  assert.equal(await paths(hashed), ['a', 'keep.log']);
  assert.equal(
    hashed.leftOut.map(({ path, why }) => `${why} ${path}`),
    ['ignored a.log', 'ignored broken', 'ignored out'],
  );
  assert.equal(hashed.dvc, { ok: true });
});

test('what DVC cannot track is hashed all the same, with the reason', async () => {
  const root = lay({
    '.dvcignore': 'hidden\n',
    hidden: 'x',
    'x.dvc': 'x',
    'a/f': 'x',
    link: '->a',
    'with-pointer/sub/x.dvc': 'x',
    'with-ignore/.dvcignore': '',
    'odd/.GIT/x': 'x',
    'nested/.dvc/config': '',
    'nested/deep/f': 'x',
  });
  const verdict = async (path: string): Promise<string> =>
    reasonOf(await createHasher().hash(join(root, path), { root }));
  assert.is(await verdict('a/f'), 'ok');
  assert.match(await verdict('hidden'), /dvcignore hides it/);
  assert.match(await verdict('x.dvc'), /keeps for itself/);
  assert.match(await verdict('link'), /link is a link to a folder/);
  assert.match(await verdict('link/f'), /link is a link to a folder/);
  assert.match(await verdict('nested'), /nested is a DVC repository of its own/);
  assert.match(await verdict('nested/deep/f'), /nested is a DVC repository of its own/);
  assert.match(await verdict('with-pointer'), /sub\/x\.dvc/);
  assert.match(await verdict('with-ignore'), /\.dvcignore/);
  assert.match(await verdict('odd'), /leaves out/);
  assert.match(await verdict('.'), /whole repository/);
  assert.match(reasonOf(await createHasher().hash(join(root, 'a/f'), { root: join(root, 'odd') })), /outside/);
  assert.is((await hashDirectory(root, 'with-pointer')).digests.length, 2);
  assert.equal(
    (await hashDirectory(root, 'odd')).digests.map(({ kind }) => kind),
    ['blake3-tree'],
  );
});

test('a name that is not UTF-8 has a tree digest and no .dir', async () => {
  const root = lay({ 'd/ok\ufffd': 'x' });
  const folder = Buffer.from(join(root, 'd/'));
  try {
    mkdirSync(Buffer.concat([folder, Buffer.from([0x66, 0xff])]));
    writeFileSync(Buffer.concat([folder, Buffer.from([0x66, 0xff, 0x2f, 0x67])]), 'content');
  } catch (error) {
    assert.is(process.platform, 'darwin', `${error}`);
    return;
  }
  const hashed = await hashDirectory(root);
  assert.equal(
    hashed.digests.map(({ kind }) => kind),
    ['blake3-tree'],
  );
  assert.is(hashed.nfiles, 2);
  assert.is(hashed.sizeBytes, 8);
  assert.match(reasonOf(hashed), /not UTF-8/);
});

test('a path that is not there, and a link to nothing', async () => {
  const root = lay({ broken: '->nowhere', loop: '->loop', 'd/broken': '->nowhere' });
  await refuses(root, 'x', 'not-found', /x does not exist/);
  await refuses(root, 'broken', 'refused', /link to nothing/);
  await refuses(root, 'loop', 'refused', /link to nothing/);
  await refuses(root, 'd', 'refused', /d\/broken is a symbolic link to nothing/);
});

test('a FIFO, a socket and a device are refused at once, alone, in a directory and behind a link', async () => {
  const root = lay({ 'd/x': 'x', 'e/x': 'x', 'f/null': '->/dev/null', 'g/fifo': '->../d/fifo' });
  await runSealed('mkfifo', ['d/fifo'], { cwd: root });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'e/s'), resolve));
  try {
    await refuses(root, 'd/fifo', 'refused', /fifo is a FIFO/);
    await refuses(root, 'd', 'refused', /d\/fifo is a FIFO/);
    await refuses(root, 'g', 'refused', /g\/fifo is a FIFO/);
    await refuses(root, 'e', 'refused', /e\/s is a socket/);
    await refuses(root, 'f', 'refused', /null is a device/);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** The real BLAKE3, which lets something happen to the file between two reads. */
function meddling(meddle: () => void): () => Promise<Blake3> {
  return async () => {
    const real = await loadBlake3();
    return {
      ...real,
      hashHex(bytes) {
        meddle();
        return real.hashHex(bytes);
      },
      createStream() {
        meddle();
        return real.createStream();
      },
    };
  };
}

test('a file that changes while it is hashed is a conflict', async () => {
  for (const size of [10, 3 * 1024 * 1024]) {
    const root = lay({ f: 'x'.repeat(size), g: 'x'.repeat(size) });
    const path = join(root, 'f');
    utimesSync(path, 1, 1); // An edit within the clock's tick would else leave the same times.
    const meddlers = [
      () => appendFileSync(path, 'more'),
      () => writeFileSync(path, 'y'.repeat(size)),
      () => renameSync(join(root, 'g'), path),
      () => rmSync(path),
    ];
    for (const meddle of meddlers) {
      const error = await failure(createHasher({ load: meddling(meddle) }).hash(path, { root }));
      assert.is(error.code, 'conflict');
      assert.match(error.message, /changed while it was hashed/);
    }
  }
});

test('a .dvcignore that DVC cannot read stops it', async () => {
  await refuses(lay({ '.dvcignore': 'a\\\n', f: 'x' }), 'f', 'refused', /dvcignore:1/);
});

test.run();
