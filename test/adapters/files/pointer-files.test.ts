import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPointerFiles } from '../../../src/adapters/files/pointer-files.ts';
import type { PointerTarget } from '../../../src/domain/dvc-pointer-text.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import type { PointerFiles } from '../../../src/ports/pointer-files.ts';
import { git, makeRepository, makeTempDirectory, runSealed } from '../../helpers/sealed-git.ts';

const test = suite('pointer-files');

const TARGET: PointerTarget = {
  path: 'x',
  digests: [
    { kind: 'md5', value: 'd3b07384d113edec49eaa6238ad5ff00' },
    { kind: 'blake3', value: 'ab'.repeat(32) },
  ],
  sizeBytes: 4,
};

function make(): { readonly root: string; readonly pointers: PointerFiles } {
  const root = makeTempDirectory('pointers');
  return { root, pointers: createPointerFiles({ lockDirectory: join(makeTempDirectory('locks'), 'lock') }) };
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

test('a pointer is written, found unchanged, and changed in place with its mode', async () => {
  const { root, pointers } = make();
  const path = join(root, 'x.dvc');
  assert.is(await pointers.read(path), undefined);
  const first = await pointers.write(path, TARGET);
  assert.ok(first.changed);
  assert.is(await pointers.read(path), first.text);
  const { ino } = statSync(path);
  assert.equal(await pointers.write(path, TARGET), { text: first.text, changed: false });
  assert.is(statSync(path).ino, ino);
  writeFileSync(path, `# mine\n${first.text}`);
  chmodSync(path, 0o640);
  const second = await pointers.write(path, { ...TARGET, sizeBytes: 5 });
  assert.is(second.text, `# mine\n${first.text.replace('size: 4', 'size: 5')}`);
  assert.is(readFileSync(path, 'utf8'), second.text);
  assert.is(statSync(path).mode & 0o777, 0o640);
  assert.equal(readdirSync(root), ['x.dvc']);
});

test('a damaged pointer is left as it is', async () => {
  const { root, pointers } = make();
  const path = join(root, 'x.dvc');
  writeFileSync(path, 'outs: [');
  const error = await failure(pointers.write(path, TARGET));
  assert.is(error.code, 'damaged');
  assert.ok(error.message.includes(path));
  assert.is(readFileSync(path, 'utf8'), 'outs: [');
  assert.equal(readdirSync(root), ['x.dvc']);
});

test('a folder that is not there is named', async () => {
  const { root, pointers } = make();
  const error = await failure(pointers.write(join(root, 'no/x.dvc'), TARGET));
  assert.is(error.code, 'not-found');
  assert.match(error.message, /no\/x\.dvc/);
});

test('a .gitignore line is appended once, after a line break where one is missing', async () => {
  const { root, pointers } = make();
  const path = join(root, '.gitignore');
  assert.ok(await pointers.ignore(root, 'a'));
  assert.not.ok(await pointers.ignore(root, 'a'));
  writeFileSync(path, '# mine\r\n/a\r\nlast');
  assert.not.ok(await pointers.ignore(root, 'a'));
  assert.ok(await pointers.ignore(root, 'b [1]'));
  assert.is(readFileSync(path, 'utf8'), '# mine\r\n/a\r\nlast\n/b \\[1\\]\n');
});

test('a .gitignore that is a link is refused, and what it leads to is not touched', async () => {
  const { root, pointers } = make();
  const target = join(makeTempDirectory('outside'), 'file');
  writeFileSync(target, 'x');
  symlinkSync(target, join(root, '.gitignore'));
  assert.is((await failure(pointers.ignore(root, 'a'))).code, 'refused');
  assert.is(readFileSync(target, 'utf8'), 'x');
});

test('40 processes that add 5 names each to one .gitignore lose none', async () => {
  const { root } = make();
  const scripts = makeTempDirectory('scripts');
  const program = join(scripts, 'ignore.cjs');
  buildSync({
    entryPoints: [new URL('../../../src/adapters/files/pointer-files.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: program,
  });
  const code =
    'const [program, lockDirectory, folder, first] = process.argv.slice(1);' +
    'const pointers = require(program).createPointerFiles({ lockDirectory });' +
    '(async () => { for (let i = 0; i < 5; i++) await pointers.ignore(folder, `${first}-${i}`); })();';
  const ids = Array.from({ length: 40 }, (_, id) => String(id));
  const args = (id: string): string[] => ['-e', code, program, join(scripts, 'lock'), root, id];
  await Promise.all(ids.map((id) => runSealed(process.execPath, args(id), { cwd: root })));
  const expected = ids.flatMap((id) => Array.from({ length: 5 }, (_, i) => `/${id}-${i}`));
  const lines = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  assert.is(lines.pop(), '');
  assert.equal(lines.sort(), expected.sort());
  assert.equal(readdirSync(join(scripts, 'lock')), []);
});

test("DVC's folder is made once and hides what belongs to one machine", async () => {
  const root = await makeRepository();
  const { pointers } = make();
  assert.equal(await pointers.ensureDvcFolder(root), ['.dvcignore', '.dvc/.gitignore', '.dvc/config']);
  assert.equal(await pointers.ensureDvcFolder(root), []);
  for (const name of ['tmp', 'cache']) mkdirSync(join(root, '.dvc', name));
  for (const path of ['.dvc/config.local', '.dvc/tmp/x', '.dvc/cache/x']) writeFileSync(join(root, path), '');
  const { stdout } = await git(['status', '--porcelain', '--untracked-files=all'], { cwd: root });
  assert.equal(stdout.trimEnd().split('\n').sort(), ['?? .dvc/.gitignore', '?? .dvc/config', '?? .dvcignore']);
});

test("files of DVC's folder that are there stay", async () => {
  const { root, pointers } = make();
  writeFileSync(join(root, '.dvcignore'), '*.log\n');
  assert.equal(await pointers.ensureDvcFolder(root), ['.dvc/.gitignore', '.dvc/config']);
  assert.is(readFileSync(join(root, '.dvcignore'), 'utf8'), '*.log\n');
});

test('finds what a killed writer left, by our names only, and removes what is old and nobody gave to git', () => {
  const { root, pointers } = make();
  const hex = '0123456789ab';
  const left = [
    `.x.dvc.${hex}.tmp`,
    `sub/.a b.csv.dvc.${hex}.tmp`,
    `.dvc/.config.${hex}.tmp`,
    `.dvc/.config.local.${hex}.tmp`,
  ];
  const others = [
    `tracked/.x.dvc.${hex}.tmp`,
    `.x.dvc.${hex}.tmp~`,
    `x.dvc.${hex}.tmp`,
    `.notes.${hex}.tmp`,
    `.x.dvc.0123.tmp`,
    `.dvc/tmp/.config.${hex}.tmp`,
    // What lies in an artifact is data.
    `data/.y.dvc.${hex}.tmp`,
  ];
  for (const path of [...left, ...others, 'data.dvc']) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), 'half');
  }
  symlinkSync(join(root, 'data.dvc'), join(root, `.link.dvc.${hex}.tmp`));
  const tracked = new Set([`tracked/.x.dvc.${hex}.tmp`]);
  const sweep = (ms: number, remove: boolean) => pointers.leftovers(root, tracked, Date.now() + ms, remove);
  const none = { files: 0, bytes: 0, failure: undefined };
  assert.equal(sweep(-600_000, true), none);
  assert.equal(sweep(600_000, false), { files: 4, bytes: 16, failure: undefined });
  assert.equal(sweep(600_000, true), { files: 4, bytes: 16, failure: undefined });
  assert.equal(sweep(600_000, true), none);
  const there = readdirSync(root, { recursive: true, encoding: 'utf8' });
  assert.equal(
    [...left, ...others, `.link.dvc.${hex}.tmp`].filter((path) => there.includes(path)),
    [...others, `.link.dvc.${hex}.tmp`],
  );
});

test.run();
