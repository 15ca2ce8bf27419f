import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CrewOptions, openHashCrew } from '../../../src/adapters/files/hash-crew.ts';
import { hexSumsIn, RESULT_BYTES } from '../../../src/adapters/files/hash-result.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('hash-crew');

function lay(count: number, sizeBytes = 5): { readonly root: string; readonly paths: string[] } {
  const root = makeTempDirectory('hash-crew');
  mkdirSync(join(root, 'd'));
  const paths = Array.from({ length: count }, (_, i) => join(root, 'd', `${i}`));
  for (const [i, path] of paths.entries()) writeFileSync(path, `${i} `.padEnd(sizeBytes, 'x'));
  return { root, paths };
}

function md5Of(path: string): string {
  return createHash('md5').update(readFileSync(path)).digest('hex');
}

async function hashAll(paths: readonly string[], options: Partial<CrewOptions>): Promise<string[]> {
  const found: string[] = [];
  const crew = openHashCrew({ sha256: false, sync: async () => true, worthMs: 1, ...options });
  try {
    for (let from = 0; from < paths.length; from += 100) {
      await crew.give({ paths: paths.slice(from, from + 100), bytes: 1000 }, (results) => {
        for (let row = 0; row < results.length / RESULT_BYTES; row++) found[from + row] = hexSumsIn(results, row).md5;
      });
    }
    await crew.finish();
  } finally {
    await crew.close();
  }
  return found;
}

test('many files get the same digests from one thread and from several', async () => {
  const { paths } = lay(600);
  const expected = paths.map(md5Of);
  assert.equal(await hashAll(paths, { threads: 1 }), expected);
  assert.equal(await hashAll(paths, { threads: 3 }), expected);
});

test('what was kept bears its name after a sync, not before, whoever kept it', async () => {
  for (const threads of [1, 3]) {
    const { root, paths } = lay(600);
    const folder = join(root, 'cache/files/md5');
    let atSync: string[] = [];
    const keep = { folder, linkTypes: ['copy'] as const, group: false };
    const sync = async (): Promise<boolean> => {
      atSync = objectsIn(folder);
      return true;
    };
    const sums = await hashAll(paths, { threads, keep, sync });
    assert.equal(atSync, []);
    assert.equal(objectsIn(folder), [...new Set(sums)].sort());
    for (const md5 of sums.slice(0, 20)) {
      const path = `${folder}/${md5.slice(0, 2)}/${md5.slice(2)}`;
      assert.is(md5Of(path), md5);
      assert.is(statSync(path).mode & 0o7777, 0o444);
    }
  }
});

test('the disk begins before the end, which waits for a sync of its own', async () => {
  const { root, paths } = lay(600);
  const folder = join(root, 'cache/files/md5');
  const keep = { folder, linkTypes: ['copy'] as const, group: false };
  let syncs = 0;
  const sync = async (): Promise<boolean> => {
    syncs++;
    assert.equal(objectsIn(folder), []);
    return true;
  };
  await hashAll(paths, { keep, sync, beginFiles: 250 });
  assert.is(syncs, 3);
  assert.is(objectsIn(folder).length, 600);
});

test('where the disk once failed to write, no later sync of the whole is believed: each file is asked for', async () => {
  const { root, paths } = lay(600);
  const folder = join(root, 'cache/files/md5');
  const keep = { folder, linkTypes: ['copy'] as const, group: false };
  let syncs = 0;
  const sync = async (): Promise<boolean> => {
    syncs++;
    if (syncs === 1) throw new Error('input/output error');
    return true;
  };
  await hashAll(paths, { keep, sync, beginFiles: 500 });
  assert.is(syncs, 1);
  assert.is(objectsIn(folder).length, 600);
});

/** Hashes that have an object, and no temporary files counted. */
function objectsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const shelves = readdirSync(folder).filter((name) => name.length === 2);
  return shelves
    .flatMap((shelf) => readdirSync(join(folder, shelf)).map((name) => shelf + name))
    .filter((name) => !name.endsWith('.tmp'))
    .sort();
}

test('a failure in one thread ends it, and nothing that was kept remains', async () => {
  for (const threads of [1, 3]) {
    const { root, paths } = lay(600);
    const folder = join(root, 'cache/files/md5');
    const keep = { folder, linkTypes: ['copy'] as const, group: false };
    const broken = [...paths.slice(0, 500), join(root, 'nowhere'), ...paths.slice(500)];
    try {
      await hashAll(broken, { threads, keep });
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof CmfError);
      assert.is(error.code, 'not-found');
      assert.match(error.message, /nowhere does not exist/);
    }
    const left = existsSync(folder) ? readdirSync(folder).flatMap((shelf) => readdirSync(join(folder, shelf))) : [];
    assert.equal(left, []);
  }
});

test('a large file is copied while it is read, or shared by a link, and nothing temporary remains', async () => {
  for (const linkTypes of [['copy'], ['reflink', 'copy'], ['hardlink']] as const) {
    const { root, paths } = lay(2, 3 * 1024 * 1024 + 1);
    const folder = join(root, 'cache/files/md5');
    const sums = await hashAll(paths, { keep: { folder, linkTypes, group: true } });
    assert.equal(sums, paths.map(md5Of));
    for (const [i, md5] of sums.entries()) {
      const object = `${folder}/${md5.slice(0, 2)}/${md5.slice(2)}`;
      assert.is(md5Of(object), md5);
      assert.is(statSync(object).mode & 0o7777, 0o444);
      assert.is(statSync(object).ino === statSync(paths[i] ?? '').ino, linkTypes[0] === 'hardlink');
      assert.is(statSync(`${folder}/${md5.slice(0, 2)}`).mode & 0o7777, 0o2775);
    }
    assert.equal(
      readdirSync(folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  }
});

test.run();
