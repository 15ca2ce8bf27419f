import { randomBytes } from 'node:crypto';
import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { NewObject } from '../../ports/git-store.ts';
import { syncFolder, writeSynced } from './synced-files.ts';

const compress = promisify(deflate);

/** zlib's fastest, as git's `core.looseCompression` has it. */
const LEVEL = 1;

/** Objects written at the same time. */
const AT_ONCE = 8;

/**
 * Writes objects as git's loose ones (gitrepository-layout(5)): `<first two digits>/<rest>`, zlib of
 * `<type> <size>\0<bytes>`, read-only. Each file is synced before it gets its name, and each folder that got one before
 * the call returns. What was left by a kill is named as `git gc` expects it and cleans it.
 *
 * @param directory the folder `objects`
 */
export async function writeLooseObjects(directory: string, objects: readonly NewObject[]): Promise<void> {
  const folders = new Set<string>();
  for (let start = 0; start < objects.length; start += AT_ONCE) {
    const group = objects.slice(start, start + AT_ONCE);
    const written = await Promise.all(group.map((object) => writeOne(directory, object)));
    for (const folder of written) folders.add(folder);
  }
  for (const folder of [...folders, directory]) await syncFolder(folder);
}

async function writeOne(directory: string, { type, oid, bytes }: NewObject): Promise<string> {
  const path = join(directory, oid.slice(0, 2), oid.slice(2));
  const folder = dirname(path);
  const content = await compress(Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]), { level: LEVEL });
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  try {
    await writeSynced(temporary, content);
    await link(temporary, path).catch(ignoreExisting);
  } finally {
    await rm(temporary, { force: true });
  }
  return folder;
}

/** Another process wrote the same object first: same name, same bytes. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
