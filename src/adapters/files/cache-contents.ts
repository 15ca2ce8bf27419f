/** What lies in DVC's cache: objects, and what a process that died left behind. */
import { lstatSync, readdirSync, rmdirSync, rmSync, type Stats } from 'node:fs';
import { type CachePlace, digestOfObject, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { CachedObject } from '../../ports/object-cache.ts';
import { ROOM_PREFIX } from './checkout-files.ts';
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

/** Shelves that are folders: what a link leads to is not ours, and nothing is kept there. */
function shelvesOf({ directory }: CachePlace): string[] {
  return LAYOUTS.flatMap((layout) =>
    namesIn(`${directory}/${layout}`)
      .filter((name) => /^[0-9a-f]{2}$/.test(name) && isFolder(`${directory}/${layout}/${name}`))
      .sort()
      .map((name) => (layout === '' ? name : `${layout}/${name}`)),
  );
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Temporary files, ours and DVC's: they begin with a dot and end in `.tmp`, or lie in a folder that is called so, which was to
 * become one of the 256 as a whole (see object-shelves.ts); and rooms in which files waited for their place in a work tree.
 * @param temporaries where those rooms are
 */
export function findLeftovers(place: CachePlace, temporaries: readonly string[], olderThanMs: number, remove: boolean) {
  let { files, bytes } = findRooms(temporaries, olderThanMs, remove);
  const look = (path: string): void => {
    const stats = statIfFile(path);
    if (stats === undefined || changedMs(stats) >= olderThanMs) return;
    files++;
    bytes += stats.size;
    if (remove) removeFiles([path], olderThanMs);
  };
  for (const folder of [OBJECTS_FOLDER, ...shelvesOf(place)]) {
    for (const name of namesIn(`${place.directory}/${folder}`).filter(isTemporary)) {
      const path = `${place.directory}/${folder}/${name}`;
      const within = folder === OBJECTS_FOLDER ? namesIn(path) : [];
      for (const inner of within) look(`${path}/${inner}`);
      if (within.length === 0) look(path);
      else if (remove) removeIfEmpty(path);
    }
  }
  return { files, bytes };
}

function findRooms(temporaries: readonly string[], olderThanMs: number, remove: boolean) {
  let files = 0;
  let bytes = 0;
  const rooms = temporaries.flatMap((folder) => {
    return namesIn(folder).flatMap((name) => (name.startsWith(ROOM_PREFIX) ? [`${folder}/${name}`] : []));
  });
  for (const room of rooms) {
    // A checkout at work makes and moves files there all the time.
    const stats = lstatSync(room, { throwIfNoEntry: false });
    if (stats === undefined || changedMs(stats) >= olderThanMs) continue;
    for (const file of namesIn(room)) {
      files++;
      bytes += statIfFile(`${room}/${file}`)?.size ?? 0;
    }
    if (remove) rmSync(room, { recursive: true, force: true });
  }
  return { files, bytes };
}

function isTemporary(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'ENOENT') throw fileFailure(error, folder);
  }
}

/** Removes files, but for those that changed after a moment; one that is gone is no error. */
export function removeFiles(paths: readonly string[], olderThanMs: number): void {
  for (const path of paths) {
    const stats = statIfFile(path);
    if (stats === undefined || changedMs(stats) >= olderThanMs) continue;
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
