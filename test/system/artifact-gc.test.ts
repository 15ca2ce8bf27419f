/** What `git cmf artifact gc` removes from the cache, what it keeps, and where it refuses to. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { collectGarbage, type GcReport } from '../../src/app/artifact-gc.ts';
import { openContext, openFiles } from '../../src/compose.ts';
import { md5Hex } from '../../src/domain/digest.ts';
import type { CachePlace } from '../../src/domain/dvc-cache.ts';
import type { CachedObject } from '../../src/ports/object-cache.ts';
import { cmfAsOrdinaryUser, setWritable } from '../helpers/ordinary-user.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite } from '../helpers/sites.ts';

const it = suite('system: gc of artifacts');

function writeFiles(site: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(site, path, '..'), { recursive: true });
    writeFileSync(join(site, path), text);
  }
}

async function add(site: string, path: string, text: string): Promise<void> {
  writeFiles(site, { [path]: text });
  await cmf(site, ['artifact', 'add', path]);
}

async function makeHere(): Promise<string> {
  return makeSite(await makeCentral({ hooks: false }));
}

/** A second work tree of a clone, with the same cache. */
async function makeLinked(here: string): Promise<string> {
  const linked = makeTempDirectory('linked');
  await git(['worktree', 'add', '--quiet', '--detach', linked], { cwd: here });
  writeFiles(linked, { '.dvc/config': `[cache]\n    dir = ${join(here, '.dvc/cache')}\n` });
  return linked;
}

function cacheObject(site: string, md5: string): string {
  return join(site, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2));
}

/** Collects garbage of any age, by a clock that may be ahead, and does something between the look at the cache and the removal. */
async function gcAt(site: string, between: () => void, laterMs = 0): Promise<GcReport> {
  const silent = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  const context = await openContext(site, process, silent);
  try {
    const { objects, ...rest } = openFiles(context, process);
    function* list(place: CachePlace): Generator<CachedObject> {
      yield* objects.list(place);
      between();
    }
    const keep = [{ kind: 'age', ms: 0 }] as const;
    const options = { removes: true, keep, isSoleUser: false };
    const effects = { ...context.effects, nowMs: () => Date.now() + laterMs };
    return await collectGarbage({ ...context, effects }, { ...rest, objects: { ...objects, list } }, options);
  } finally {
    await context.repository.close();
  }
}

/** Those of these texts that the cache of a clone has. */
function present(site: string, texts: readonly string[]): readonly string[] {
  return texts.filter((text) => existsSync(cacheObject(site, md5Hex(text))));
}

it('gc keeps what an entry, a commit, a pointer or a rule needs, and tells before it removes', async () => {
  const here = await makeHere();
  await add(here, 'committed', 'in a commit\n');
  await git(['add', '-A'], { cwd: here });
  await git(['commit', '--quiet', '-m', 'pointer'], { cwd: here });
  await add(here, 'committed', 'in the work tree\n');
  await add(here, 'scratch', 'garbage\n');
  await add(here, 'ruled', 'kept by a rule\n');
  rmSync(join(here, 'scratch.dvc'));
  rmSync(join(here, 'ruled.dvc'));
  writeFiles(here, { used: 'used by an execution\n' });
  await cmf(here, ['log-artifact', 'used', '--input', '-p', 'p', '-s', 's']);
  rmSync(join(here, 'used.dvc'));
  const texts = ['in a commit\n', 'in the work tree\n', 'kept by a rule\n', 'used by an execution\n', 'garbage\n'];
  const rule = ['--keep', `md5:${md5Hex('kept by a rule\n')}`];
  // The clock of the files cannot be set back, since renaming them counts too: young ones stay.
  const young = JSON.parse((await cmf(here, ['artifact', 'gc', ...rule, '--json'])).stdout);
  assert.is(young.garbage.objects, 0);
  assert.is(young.young.objects, 1);
  const told = JSON.parse((await cmf(here, ['artifact', 'gc', ...rule, '--keep', '0d', '--json'])).stdout);
  assert.equal([told.removed, told.garbage], [false, { objects: 1, bytes: 8 }]);
  assert.is(present(here, texts).length, 5);
  const { stdout } = await cmf(here, ['artifact', 'gc', ...rule, '--keep', '0d', '--force']);
  assert.match(stdout, /^Removed 1 object that nothing needs, 8 bytes; 4 stay/);
  assert.match(stdout, /dvc gc -c: it does not know/);
  assert.equal(present(here, texts), texts.slice(0, 4));
});

it('gc refuses where it cannot know what is needed', async () => {
  const here = await makeHere();
  writeFiles(here, { 'data/a': 'D\n' });
  await cmf(here, ['artifact', 'add', 'data']);
  const list = readFileSync(join(here, 'data.dvc'), 'utf8').match(/[0-9a-f]{32}\.dir/)?.[0] ?? '';
  rmSync(cacheObject(here, list));
  const unlisted = await cmf(here, ['artifact', 'gc', '--keep', '0d', '--force'], { expectExit: 4 });
  assert.match(unlisted.stderr, /is not in the cache(.|\n)*artifact pull/);
  assert.ok(existsSync(cacheObject(here, md5Hex('D\n'))));
  const shared = makeTempDirectory('shared');
  rmSync(join(here, '.dvc/cache'), { recursive: true });
  symlinkSync(shared, join(here, '.dvc/cache'));
  const outside = await cmf(here, ['artifact', 'gc'], { expectExit: 4 });
  assert.match(outside.stderr, /other repositories(.|\n)*--sole-user/);
  await cmf(here, ['artifact', 'gc', '--sole-user']);
});

it('gc keeps what a reflog, a linked work tree, a merge in progress and an entry that was taken back need', async () => {
  const here = await makeHere();
  const texts = ['in the reflog\n', 'amended\n', 'detached\n', 'theirs\n', 'taken back\n'];
  await add(here, 'file', 'in the reflog\n');
  await git(['add', '-A'], { cwd: here });
  await git(['commit', '--quiet', '-m', 'one'], { cwd: here });
  await git(['reset', '--quiet', '--hard', 'HEAD~1'], { cwd: here });
  await add(here, 'merged', 'theirs\n');
  const theirs = readFileSync(join(here, 'merged.dvc'), 'utf8');
  writeFileSync(join(here, 'merged.dvc'), `<<<<<<< ours\nouts:\n=======\n${theirs}>>>>>>> theirs\n`);
  writeFiles(here, { used: 'taken back\n' });
  await cmf(here, ['log-artifact', 'used', '--input', '-p', 'p', '-s', 's']);
  rmSync(join(here, 'used.dvc'));
  const [execution] = JSON.parse((await cmf(here, ['list', 'executions', '--json'])).stdout).items;
  const { inputs } = JSON.parse((await cmf(here, ['show', execution.id, '--json'])).stdout);
  await cmf(here, ['retract', inputs[0].use]);
  const linked = await makeLinked(here);
  await add(linked, 'file', 'amended\n');
  await git(['add', '-A'], { cwd: linked });
  await git(['commit', '--quiet', '-m', 'detached'], { cwd: linked });
  await add(linked, 'file', 'detached\n');
  await git(['commit', '--quiet', '--all', '--amend', '-m', 'detached'], { cwd: linked });
  await git(['rm', '--quiet', 'file.dvc'], { cwd: linked });
  await cmf(here, ['artifact', 'gc', '--keep', '0d', '--force']);
  assert.equal(present(here, texts), texts);
});

it('gc keeps what only an index names, also the index of another work tree, and each side of a conflict', async () => {
  const here = await makeHere();
  const linked = await makeLinked(here);
  // Staged, and changed or gone in the work tree.
  await add(here, 'model', 'staged\n');
  await git(['add', 'model.dvc'], { cwd: here });
  await add(here, 'model', 'in the work tree\n');
  await add(linked, 'far', 'staged elsewhere\n');
  await git(['add', '-f', 'far.dvc'], { cwd: linked });
  rmSync(join(linked, 'far.dvc'));
  // The sides of a conflict, whose file somebody overwrote.
  const sides = ['base\n', 'ours\n', 'theirs\n'];
  const ids = [];
  for (const text of sides) {
    await add(here, 'side', text);
    ids.push((await git(['hash-object', '-w', 'side.dvc'], { cwd: here })).stdout.trim());
  }
  rmSync(join(here, 'side.dvc'));
  const lines = ids.map((id, i) => `100644 ${id} ${i + 1}\tsub/side.dvc\n`);
  await git(['update-index', '--index-info'], { cwd: here, input: lines.join('') });
  await add(here, 'scratch', 'garbage\n');
  rmSync(join(here, 'scratch.dvc'));
  const texts = ['staged\n', 'in the work tree\n', 'staged elsewhere\n', ...sides];
  const { stdout } = await cmf(here, ['artifact', 'gc', '--keep', '0d', '--force', '--json']);
  assert.equal(present(here, [...texts, 'garbage\n']), texts);
  const { garbage, spared } = JSON.parse(stdout);
  assert.equal([garbage.objects, spared.objects], [1, 0]);
  await git(['rm', '-r', '--quiet', '--cached', '--force', '.'], { cwd: here });
  await cmf(here, ['artifact', 'gc', '--keep', '0d', '--force']);
  assert.equal(present(here, texts), ['in the work tree\n', 'staged elsewhere\n']);
});

it('gc tells what it spared: what changed or came to be needed while it looked, and the files of a list that stays', async () => {
  const here = await makeHere();
  const texts = ['garbage\n', 'written again\n', 'added again\n', 'member\n'];
  for (const [i, text] of texts.slice(0, 3).entries()) await add(here, `file${i}`, text);
  writeFiles(here, { 'folder/a': 'member\n' });
  await cmf(here, ['artifact', 'add', 'folder']);
  const [list = ''] = readFileSync(join(here, 'folder.dvc'), 'utf8').match(/[0-9a-f]{32}\.dir/) ?? [];
  const pointer = readFileSync(join(here, 'file2.dvc'));
  for (const name of ['file0', 'file1', 'file2', 'folder', 'folder/a'])
    rmSync(join(here, `${name}.dvc`), { force: true });
  const touch = (path: string): void => utimesSync(path, 4e9, 4e9);
  const report = await gcAt(here, () => {
    touch(cacheObject(here, md5Hex('written again\n')));
    touch(cacheObject(here, list));
    writeFileSync(join(here, 'file2.dvc'), pointer);
  });
  assert.equal(present(here, texts), texts.slice(1));
  assert.equal([report.garbage, report.spared.objects, report.failure], [{ objects: 1, bytes: 8 }, 4, undefined]);
  assert.is(report.kept.objects, 4);
});

it('what cannot be removed is told, stops no other, and decides the exit status', async () => {
  const here = await makeHere();
  const texts = ['one\n', 'stuck\n', 'three\n'];
  for (const text of texts) await add(here, 'file', text);
  rmSync(join(here, 'file.dvc'));
  const shelf = join(cacheObject(here, md5Hex('stuck\n')), '..');
  setWritable(shelf, false);
  try {
    const args = ['artifact', 'gc', '--keep', '0d', '--force', '--json'];
    const { stdout, stderr } = await cmfAsOrdinaryUser(here, args, { expectExit: 3 });
    const { garbage, spared, kept } = JSON.parse(stdout);
    assert.equal([garbage.objects, spared.objects, kept.objects], [2, 1, 1]);
    assert.ok(stderr.includes(md5Hex('stuck\n').slice(2)), stderr);
    assert.equal(present(here, texts), ['stuck\n']);
    const told = await cmfAsOrdinaryUser(here, args.slice(0, -1), { expectExit: 3 });
    assert.match(told.stdout, /^Removed 0 objects .*; 1 stay.*\n1 of those that stay looked like garbage/);
  } finally {
    setWritable(shelf, true);
  }
});

it('gc takes what was left half-written beside pointers, when it is a day old', async () => {
  const here = await makeHere();
  const half = '.model.dvc.0123456789ab.tmp';
  await add(here, 'model', 'M\n');
  writeFiles(here, { [half]: 'outs:\n', [`kept/${half}`]: 'somebody else’s\n' });
  await git(['add', `kept/${half}`], { cwd: here });
  assert.is((await gcAt(here, () => undefined)).leftovers.files, 0);
  const { leftovers } = await gcAt(here, () => undefined, 2 * 86_400_000);
  assert.equal(leftovers, { files: 1, bytes: 6 });
  assert.equal(
    [half, `kept/${half}`, 'model.dvc'].filter((path) => existsSync(join(here, path))),
    [`kept/${half}`, 'model.dvc'],
  );
});

it.run();
