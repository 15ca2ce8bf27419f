/** What lies in DVC's cache: objects, and what a process that died left behind. */
import { lstatSync, rmdirSync } from 'node:fs';
import { type CachePlace, digestOfObject, OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { CachedObject, Leftovers } from '../../ports/object-cache.ts';
import { ROOM_PREFIX } from './checkout-room.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { changedMs, FileRemover, namesIn, statIfFile, sweepFiles } from './sweep-files.ts';

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
export function findLeftovers(
  place: CachePlace,
  temporaries: readonly string[],
  olderThanMs: number,
  remove: boolean,
): Leftovers {
  const remover = new FileRemover(olderThanMs);
  const rooms = findRooms(temporaries, olderThanMs).filter(({ path }) => !remove || remover.removeFolder(path));
  const folders: string[] = [];
  const paths = [OBJECTS_FOLDER, ...shelvesOf(place)].flatMap((folder) =>
    namesIn(`${place.directory}/${folder}`)
      .filter(isTemporary)
      .flatMap((name) => {
        const path = `${place.directory}/${folder}/${name}`;
        const within = folder === OBJECTS_FOLDER ? namesIn(path) : [];
        if (within.length === 0) return [path];
        folders.push(path);
        return within.map((inner) => `${path}/${inner}`);
      }),
  );
  const swept = sweepFiles(paths, olderThanMs, remove);
  if (remove) for (const folder of folders) removeIfEmpty(folder);
  return {
    files: rooms.reduce((sum, { files }) => sum + files, swept.files),
    bytes: rooms.reduce((sum, { bytes }) => sum + bytes, swept.bytes),
    failure: remover.failure ?? swept.failure,
  };
}

/** A checkout at work makes and moves files there all the time. */
function findRooms(temporaries: readonly string[], olderThanMs: number) {
  const paths = temporaries.flatMap((folder) => {
    return namesIn(folder).flatMap((name) => (name.startsWith(ROOM_PREFIX) ? [`${folder}/${name}`] : []));
  });
  return paths.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || changedMs(stats) >= olderThanMs) return [];
    const sizes = filesBelow(path);
    return [{ path, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }];
  });
}

/** The sizes of the files in a folder and in those below it; a link counts for nothing. */
function filesBelow(folder: string): number[] {
  return namesIn(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    return isFolder(path) ? filesBelow(path) : [statIfFile(path)?.size ?? 0];
  });
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
