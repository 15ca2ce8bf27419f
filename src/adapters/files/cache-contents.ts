/** What lies in DVC's cache: objects, and what a process that died left behind. */
import { lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { type CachePlace, digestOfObject, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { CachedObject } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/** The folder of DVC 3's objects, and the one of DVC 2's, which holds that folder too. */
const LAYOUTS = [OBJECTS_FOLDER, ''];

/** All objects of both layouts, shelf by shelf. */
export function* listObjects(place: CachePlace): Generator<CachedObject> {
  for (const shelf of shelvesOf(place)) {
    for (const name of namesIn(`${place.directory}/${shelf}`)) {
      const digest = digestOfObject(`${shelf}/${name}`);
      const stats = digest === undefined ? undefined : statIfFile(`${place.directory}/${shelf}/${name}`);
      if (digest === undefined || stats === undefined) continue;
      yield { digest, sizeBytes: stats.size, changedMs: changedMs(stats) };
    }
  }
}

function shelvesOf({ directory }: CachePlace): string[] {
  return LAYOUTS.flatMap((layout) => {
    const names = namesIn(layout === '' ? directory : `${directory}/${layout}`);
    return names
      .filter((name) => /^[0-9a-f]{2}$/.test(name))
      .sort()
      .map((name) => (layout === '' ? name : `${layout}/${name}`));
  });
}

/** Temporary files, ours and DVC's: they begin with a dot and end in `.tmp`, or lie in the folder for them. */
export function findLeftovers(place: CachePlace, olderThanMs: number, remove: boolean) {
  let files = 0;
  let bytes = 0;
  for (const folder of [OBJECTS_FOLDER, ...shelvesOf(place)]) {
    for (const name of namesIn(`${place.directory}/${folder}`)) {
      if (!name.startsWith('.') || !name.endsWith('.tmp')) continue;
      const path = `${place.directory}/${folder}/${name}`;
      const stats = statIfFile(path);
      if (stats === undefined || changedMs(stats) >= olderThanMs) continue;
      files++;
      bytes += stats.size;
      if (remove) removeObjects([path]);
    }
  }
  return { files, bytes };
}

/** Removes files; one that is gone is no error. */
export function removeObjects(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw fileFailure(error, path);
    }
  }
}

function changedMs({ mtimeMs, ctimeMs }: Stats): number {
  return Math.max(mtimeMs, ctimeMs);
}

function statIfFile(path: string): Stats | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats : undefined;
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw fileFailure(error, folder);
  }
}
