/**
 * Pointers, lists and locks that somebody wrote to do harm, in a repository that a person cloned and trusts. Each command
 * says no before a byte is written: not outside of the work tree, and not in it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
import { folderSnapshot } from '../helpers/folder-snapshot.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf } from '../helpers/sites.ts';
import { objectIn } from '../helpers/sound-objects.ts';

const it = suite('system: hostile artifacts');

const EVIL = 'evil\n';
const MD5 = md5Hex(EVIL);
const COMMANDS = ['status', 'checkout', 'push', 'pull'];

type Place = { readonly all: string; readonly site: string; readonly storage: string; readonly outside: string };

/** A work tree, a storage and a cache that have what is to be smuggled out, and a folder that nobody may touch. */
async function makePlace(): Promise<Place> {
  const all = makeTempDirectory('hostile');
  const [site, storage, outside] = [join(all, 'site'), join(all, 'storage'), join(all, 'outside')];
  for (const folder of [site, storage, outside]) mkdirSync(folder);
  await git(['init', '--quiet'], { cwd: site });
  await cmf(site, ['init', '-q']);
  writeFiles(site, { '.dvc/config': `[core]\n    remote = team\n['remote "team"']\n    url = ${storage}\n` });
  for (const folder of [storage, join(site, '.dvc/cache')]) putObject(folder, EVIL);
  return { all, site, storage, outside };
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** @returns the object's name */
function putObject(folder: string, text: string, suffix = ''): string {
  const name = `${md5Hex(text)}${suffix}`;
  mkdirSync(dirname(objectIn(folder, name)), { recursive: true });
  rmSync(objectIn(folder, name), { force: true });
  writeFileSync(objectIn(folder, name), text, { mode: 0o444 });
  return name;
}

function pointerTo(path: string, more = ''): string {
  return `outs:\n- md5: ${MD5}\n  size: ${EVIL.length}\n  hash: md5\n  path: ${path}\n${more}`;
}

/** What a lock says counts only for outputs that are declared. */
function yamlOf(path: string): string {
  return `stages:\n  s:\n    cmd: x\n    outs:\n    - ${path}\n`;
}

function lockOf(path: string): string {
  const out = `    - path: ${path}\n      hash: md5\n      md5: ${MD5}\n      size: ${EVIL.length}\n`;
  return `schema: '2.0'\nstages:\n  s:\n    cmd: x\n    outs:\n${out}`;
}

/** All but what git cmf remembers of files, locks, and empty folders of the cache. */
function snapshot({ all }: Place) {
  return folderSnapshot(all, /^site\/(?:\.git\/cmf(?:\/|$)|\.dvc\/cache\/files\/md5\/..$)/);
}

/** The command fails with one of these exits, names what is wrong, and nothing anywhere is another. */
async function requireRefused(place: Place, args: readonly string[], exits: readonly number[], words: RegExp) {
  const before = snapshot(place);
  const { exitCode, stdout, stderr } = await cmf(place.site, ['artifact', ...args], { expectExit: 'any' });
  assert.ok(exits.includes(exitCode), `artifact ${args.join(' ')} exited ${exitCode}:\n${stdout}${stderr}`);
  assert.match(`${stdout}${stderr}`, words);
  assert.match(stderr, /^hint: /m, `artifact ${args.join(' ')}`);
  assert.equal(snapshot(place), before);
}

/** Where a pointer must not lead, as YAML has it. */
const PATHS: readonly string[] = [
  '../outside/x',
  'a/../../outside/x',
  '/tmp/git-cmf-hostile',
  '"a\\0b"',
  '.git/hooks/post-checkout',
  '.GIT/hooks/post-checkout',
  '"\\u200c.git/config"',
  '.dvc/config',
  'sub/.git/hooks/x',
  '"\\ud800"',
  '.',
  "''",
];

const REFUSED = /leads out of the work tree|leaves out|not a plain|no path|is not|a NUL|not UTF-8|is the whole/;

it('a pointer or a lock that leads elsewhere is refused by every command', async () => {
  const place = await makePlace();
  for (const [i, path] of PATHS.entries()) {
    for (const [file, text] of [
      ['x.dvc', pointerTo(path)],
      ['dvc.lock', lockOf(path)],
    ] as const) {
      // Absolute paths of a stage are no artifacts of this repository.
      if (file === 'dvc.lock' && path.startsWith('/')) continue;
      writeFiles(place.site, { [file]: text, 'dvc.yaml': yamlOf(path) });
      const commands = i === 0 ? COMMANDS : ['pull'];
      for (const command of commands) await requireRefused(place, [command], [4, 5], REFUSED);
      rmSync(join(place.site, file));
    }
  }
});

/** Ten aliases of ten aliases, nine times. */
function billionLaughs(): string {
  const levels = Array.from({ length: 9 }, (_, i) => {
    const below = i === 0 ? '"lol"' : `*a${i - 1}`;
    return `a${i}: &a${i} [${Array.from({ length: 10 }, () => below).join(', ')}]\n`;
  });
  return `${levels.join('')}${pointerTo('x')}meta: *a8\n`;
}

it('YAML that grows without end, in size, in depth or by aliases, is refused at once', async () => {
  const place = await makePlace();
  const bombs: Readonly<Record<string, string>> = {
    laughs: billionLaughs(),
    deep: `${pointerTo('x')}meta: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
    maps: `${pointerTo('x')}meta: ${'{a: '.repeat(100_000)}${'}'.repeat(100_000)}\n`,
    twice: `${pointerTo('x')}outs: []\n`,
  };
  for (const [name, text] of Object.entries(bombs)) {
    for (const file of ['x.dvc', 'dvc.lock']) {
      writeFiles(place.site, { [file]: text });
      await requireRefused(place, ['pull'], [5], /too many of them|nested deeper|there twice/);
      rmSync(join(place.site, file));
    }
    assert.ok(!existsSync(join(place.site, 'x')), name);
  }
  writeFiles(place.site, { 'x.dvc': pointerTo('x') });
  truncateSync(join(place.site, 'x.dvc'), 100 * 1024 * 1024);
  for (const command of COMMANDS) await requireRefused(place, [command], [5], /x\.dvc .*larger than/);
  rmSync(join(place.site, 'x.dvc'));
  writeFiles(place.site, { 'dvc.lock': lockOf('x'), 'dvc.yaml': billionLaughs() });
  for (const command of COMMANDS) await requireRefused(place, [command], [5], /dvc\.yaml .*too many of them/);
});

it('a link to what has no end is not read', async () => {
  const place = await makePlace();
  for (const name of ['dvc.yaml', 'x.dvc', '.dvcignore', '.dvc/config.local']) {
    writeFiles(place.site, { 'dvc.lock': lockOf('x'), 'dvc.yaml': yamlOf('x') });
    rmSync(join(place.site, name), { force: true });
    symlinkSync('/dev/zero', join(place.site, name));
    await requireRefused(place, ['pull', 'x'], [4], /is neither a file nor a link to one/);
    rmSync(join(place.site, name));
  }
});

/** What a list must not name. */
const MEMBERS: readonly string[] = [
  '../x',
  'a/../../../outside/x',
  '/tmp/git-cmf-hostile',
  'a\\u0000b',
  '.git/hooks/post-checkout',
  'sub/.GIT/config',
  '.dvc/config',
  'a//b',
  './a',
  '',
  '\\ud800',
];

it('a list that leads out of its folder is refused in the cache and from a storage', async () => {
  const place = await makePlace();
  const cache = join(place.site, '.dvc/cache');
  const lists = [
    ...MEMBERS.map((path) => `[{"md5": "${MD5}", "relpath": "${path}"}]`),
    // One is a file where the other has a folder; and a name that is there twice.
    `[{"md5": "${MD5}", "relpath": "a"}, {"md5": "${MD5}", "relpath": "a/b"}]`,
    `[{"md5": "${MD5}", "relpath": "a"}, {"md5": "${MD5}", "relpath": "a"}]`,
    `[{"md5": "../../../../outside/evil", "relpath": "a"}]`,
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    '{}',
  ];
  for (const [i, list] of lists.entries()) {
    const name = putObject(place.storage, list, '.dir');
    writeFiles(place.site, { 'data.dvc': `outs:\n- md5: ${name}\n  hash: md5\n  path: data\n` });
    await requireRefused(place, ['pull'], [1, 5], /not what DVC writes/);
    assert.ok(!existsSync(objectIn(cache, name)), list);
    if (i % 5 !== 0) continue;
    putObject(cache, list, '.dir');
    for (const command of COMMANDS) await requireRefused(place, [command], [1, 5], /not what DVC writes/);
    rmSync(objectIn(cache, name));
  }
});

it('what is a drive or a separator elsewhere is a plain name here, and stays in its folder', async () => {
  const place = await makePlace();
  const names = ['C:\\x', 'C:x', '..\\..\\outside\\x', '\\\\host\\share'];
  const list = JSON.stringify([...names].sort().map((relpath) => ({ md5: MD5, relpath })));
  const name = putObject(place.storage, list, '.dir');
  writeFiles(place.site, { 'data.dvc': `outs:\n- md5: ${name}\n  hash: md5\n  path: data\n` });
  await cmf(place.site, ['artifact', 'pull']);
  assert.equal(readdirSync(join(place.site, 'data')).sort(), [...names].sort());
  assert.equal(readdirSync(place.outside), []);
});

it('nothing is written through a link that leads out of the work tree', async () => {
  const place = await makePlace();
  symlinkSync('../outside', join(place.site, 'link'));
  const list = putObject(place.storage, `[{"md5": "${MD5}", "relpath": "sub/x"}]`, '.dir');
  const cases: readonly (readonly [path: string, pointer: string])[] = [
    ['link/x', pointerTo('link/x')],
    ['link/new/x', pointerTo('link/new/x')],
    ['data', `outs:\n- md5: ${list}\n  hash: md5\n  path: data\n`],
  ];
  mkdirSync(join(place.site, 'data'));
  symlinkSync('../../outside', join(place.site, 'data/sub'));
  // Its list is as good as any: only the place that it is to go to is not.
  putObject(join(place.site, '.dvc/cache'), `[{"md5": "${MD5}", "relpath": "sub/x"}]`, '.dir');
  for (const [path, pointer] of cases) {
    writeFiles(place.site, { 'x.dvc': pointer });
    for (const command of ['checkout', 'pull']) {
      await requireRefused(place, [command], [4], /symbolic link; nothing is written through it/);
    }
    assert.equal(readdirSync(place.outside), [], path);
  }
});

it('a shelf of the cache that is a link gets nothing, and gc takes nothing from behind it', async () => {
  const place = await makePlace();
  const shelf = dirname(objectIn(join(place.site, '.dvc/cache'), MD5));
  rmSync(shelf, { recursive: true });
  symlinkSync(place.outside, shelf);
  writeFiles(place.site, { 'x.dvc': pointerTo('x') });
  await requireRefused(place, ['pull'], [1, 4], /symbolic link; nothing is kept behind it/);
  writeFiles(place.site, { y: EVIL });
  await requireRefused(place, ['add', 'y'], [4], /symbolic link; nothing is kept behind it/);
  writeFiles(place.outside, { [MD5.slice(2)]: EVIL });
  rmSync(join(place.site, 'x.dvc'));
  await cmf(place.site, ['artifact', 'gc', '--force', '--keep', '0d']);
  assert.equal(readdirSync(place.outside), [MD5.slice(2)]);
  // A whole cache behind a link is somebody else's, too.
  rmSync(join(place.site, '.dvc/cache'), { recursive: true });
  symlinkSync('../../outside', join(place.site, '.dvc/cache'));
  await requireRefused(place, ['gc', '--force', '--keep', '0d'], [4], /may be used by other repositories/);
});

it.run();
