/** What one program sends to a storage, the other gets; the same for every kind of storage. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson } from '../helpers/sites.ts';
import { layAllLegacy } from './legacy-content.ts';
import { layContent, layVectors, namesToAdd, writeBelow } from './odd-content.ts';
import { assertClean, type Data, dvc, dvcStatus, makeDvcRepository, trackedData } from './real-dvc.ts';

/** A place for objects. */
export type Shelf = {
  readonly url: string;
  /** Where the objects of that URL lie on this machine. */
  readonly folder: string;
  /** DVC's keys for it, which are kept out of git. */
  readonly settings: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** What serves shelves. */
export type ShelfServer = { readonly shelf: (name: string) => Shelf; readonly stop: () => Promise<void> };

async function useShelf(root: string, { url, settings }: Shelf): Promise<void> {
  await cmf(root, ['storage', 'add', 'shelf', url, '--default']);
  if (settings.length > 0) await cmf(root, ['storage', 'set', 'shelf', '--local', ...settings]);
}

async function cloneOf(root: string, { settings }: Shelf): Promise<string> {
  const clone = makeTempDirectory('clone');
  await git(['clone', '--quiet', root, clone], { cwd: clone });
  if (settings.length > 0) await cmf(clone, ['storage', 'set', 'shelf', '--local', ...settings]);
  return clone;
}

async function commitPointers(root: string): Promise<void> {
  await git(['add', '--all', '--', ':(glob)**/*.dvc', ':(glob)**/.gitignore', '.dvc', ':(glob)**/.dvcignore'], {
    cwd: root,
  });
  await git(['commit', '--quiet', '-m', 'pointers'], { cwd: root });
}

/** Objects by name, with their sizes. */
function objectsIn({ folder }: Shelf): Record<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names
    .map((name) => [name, statSync(join(folder, name))] as const)
    .filter(([, stats]) => stats.isFile());
  return Object.fromEntries(files.map(([name, { size }]) => [name, size]));
}

/** Everything that both have to say about a clone: nothing is changed, and nothing is missing in cache or storage. */
async function assertComplete(clone: string, env: Shelf['env']): Promise<void> {
  await assertClean(clone);
  assert.equal(await dvcStatus(clone, ['--cloud']), {});
  const { stdout } = await cmf(clone, ['artifact', 'push'], { env });
  assert.match(stdout, /: 0 objects sent; \d+ were there\n$/);
}

/** Registers and runs the suite. */
export function exchangeSuite(kind: string, start: () => Promise<ShelfServer>): void {
  const it = suite(`dvc: storage: ${kind}`);
  let server: ShelfServer;
  let theirs: string;
  let ours: string;
  let data: Data;

  it('what DVC pushes, we pull', async () => {
    server = await start();
    const shelf = server.shelf('theirs');
    theirs = await makeDvcRepository('dvc');
    layContent(theirs);
    const vectors = layVectors(theirs);
    layAllLegacy(join(theirs, 'legacy'), theirs);
    data = trackedData(join(theirs, 'stuff'));
    await useShelf(theirs, shelf);
    await dvc(join(theirs, 'stuff'), ['add', '--quiet', '--', ...namesToAdd()]);
    await dvc(theirs, ['add', '--quiet', '--', ...vectors]);
    await commitPointers(theirs);
    await dvc(theirs, ['push', '--quiet']);
    const clone = await cloneOf(theirs, shelf);
    await cmf(clone, ['artifact', 'pull'], { env: shelf.env });
    assert.equal(trackedData(join(clone, 'stuff')), data);
    await cmf(clone, ['artifact', 'verify']);
    await assertComplete(clone, shelf.env);
  });

  it('what we push, DVC pulls, and it is what DVC would have pushed', async () => {
    const shelf = server.shelf('ours');
    ours = await makeDvcRepository('git cmf');
    layContent(ours);
    const vectors = layVectors(ours);
    layAllLegacy(join(ours, 'legacy'), ours);
    await useShelf(ours, shelf);
    await cmf(join(ours, 'stuff'), ['artifact', 'add', '--', ...namesToAdd()]);
    await cmf(ours, ['artifact', 'add', '--', ...vectors]);
    await commitPointers(ours);
    await cmf(ours, ['artifact', 'push'], { env: shelf.env });
    assert.ok(Object.keys(objectsIn(shelf)).some((name) => /^[0-9a-f]{2}\/[0-9a-f]{30}\.dir$/.test(name)));
    assert.equal(objectsIn(shelf), objectsIn(server.shelf('theirs')));
    const clone = await cloneOf(ours, shelf);
    await dvc(clone, ['pull', '--quiet']);
    assert.equal(trackedData(join(clone, 'stuff')), data);
    await assertComplete(clone, shelf.env);
    const before = objectsIn(shelf);
    await dvc(clone, ['push', '--quiet']);
    assert.equal(objectsIn(shelf), before);
  });

  it('both go on with a folder in turn', async () => {
    const shelf = server.shelf('ours');
    const clone = await cloneOf(ours, shelf);
    for (const by of ['git cmf', 'dvc'] as const) {
      writeBelow(ours, 'stuff/nested/top', `changed, for ${by}`);
      writeBelow(ours, `stuff/nested/new for ${by}`, 'new');
      if (by === 'dvc') {
        await cmf(ours, ['artifact', 'add', 'stuff/nested']);
        await cmf(ours, ['artifact', 'push', 'stuff/nested'], { env: shelf.env });
      } else {
        await dvc(ours, ['add', '--quiet', 'stuff/nested']);
        await dvc(ours, ['push', '--quiet', 'stuff/nested']);
      }
      await commitPointers(ours);
      await git(['pull', '--quiet'], { cwd: clone });
      if (by === 'dvc') await dvc(clone, ['pull', '--quiet']);
      else await cmf(clone, ['artifact', 'pull'], { env: shelf.env });
      assert.equal(trackedData(join(clone, 'stuff')), trackedData(join(ours, 'stuff')));
      await assertComplete(clone, shelf.env);
    }
  });

  it('an object that the storage lost, which DVC does not notice, we put back', async () => {
    const shelf = server.shelf('ours');
    const { items } = await cmfJson(ours, ['artifact', 'list', 'stuff/nested']);
    const md5 = String(items[0]?.['digest']).replace('md5-dir:', '');
    const list = readFileSync(join(ours, '.dvc/cache/files/md5', md5.slice(0, 2), `${md5.slice(2)}.dir`), 'utf8');
    const [member] = JSON.parse(list);
    const name = `files/md5/${member.md5.slice(0, 2)}/${member.md5.slice(2)}`;
    const before = objectsIn(shelf);
    rmSync(join(shelf.folder, name));
    await dvc(ours, ['push', '--quiet']);
    assert.is(objectsIn(shelf)[name], undefined);
    await cmf(ours, ['artifact', 'push'], { env: shelf.env });
    assert.equal(objectsIn(shelf), before);
    const clone = await cloneOf(ours, shelf);
    await dvc(clone, ['pull', '--quiet']);
  });

  it.after(() => server.stop());

  it.run();
}
