/**
 * The 256 folders of DVC's cache, while objects come into them. One that is not there yet is filled under a temporary name,
 * its objects under their own, and renamed as a whole: that saves a rename for each of them.
 */
import { readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { makeFolder, refuseLinkedShelf } from './cache-folders.ts';
import { errorCode, fileFailure } from './file-failure.ts';

export type Shelf = {
  readonly path: string;
  /** Where its objects are until it gets its name; undefined for one that had it before. */
  readonly room: string | undefined;
  /** What is in it by the names of its objects; undefined when they are too many. */
  readonly names: Set<string> | undefined;
};

export interface Shelves {
  /** The folder that an object with this MD5 belongs to. */
  of(md5: string): Shelf;
  /** Objects in folders that have no name yet. */
  pending(): string[];
  /** Gives all folders their names. */
  commit(): void;
  /** Removes the folders that have no name yet. */
  discard(): void;
}

/** More names of a folder are not held in memory. */
const NAMES_MAX = 256;

export type ShelvesOptions = {
  /** The folder `files/md5` of the cache, absolute. */
  readonly folder: string;
  readonly group: boolean;
  /** Begins the temporary names; the same in all threads of one run, which fill the same folders. */
  readonly run: string;
};

export function openShelves({ folder, group, run }: ShelvesOptions): Shelves {
  const shelves = new Map<string, Shelf>();
  const open = (name: string): Shelf => {
    const path = `${folder}/${name}`;
    const names = namesIn(path);
    if (names !== undefined) {
      refuseLinkedShelf(path);
      return { path, room: undefined, names: names.length > NAMES_MAX ? undefined : new Set(names) };
    }
    const room = `${folder}/.${run}${name}.tmp`;
    makeFolder(room, group);
    return { path, room, names: new Set() };
  };
  const rooms = (): (Shelf & { readonly room: string })[] =>
    [...shelves.values()].flatMap(({ room, ...shelf }) => (room === undefined ? [] : [{ ...shelf, room }]));
  return {
    of(md5) {
      const name = md5.slice(0, 2);
      let shelf = shelves.get(name);
      if (shelf === undefined) {
        shelf = open(name);
        shelves.set(name, shelf);
      }
      return shelf;
    },
    pending: () => rooms().flatMap(({ room, names }) => Array.from(names ?? [], (name) => `${room}/${name}`)),
    commit() {
      for (const { room, path } of rooms()) nameRoom(room, path);
      shelves.clear();
    },
    discard() {
      for (const { room } of rooms()) removeRoom(room);
      shelves.clear();
    },
  };
}

function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileFailure(error, path);
  }
}

const IS_TAKEN: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/** Another thread may have done it; another process may have made a folder of this name meanwhile. */
function nameRoom(room: string, path: string): void {
  try {
    renameSync(room, path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (!IS_TAKEN.has(errorCode(error))) throw fileFailure(error, path);
    for (const name of namesIn(room) ?? []) moveObject(`${room}/${name}`, `${path}/${name}`);
    removeIfEmpty(room);
  }
}

/** What another thread has moved already is where it belongs. */
function moveObject(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, to);
  }
}

/**
 * Threads that fill the same folder remove it at the same time, or while one still writes: each takes away what it sees, and the
 * last one the folder.
 */
function removeRoom(room: string): void {
  for (const name of namesIn(room) ?? []) rmSync(`${room}/${name}`, { force: true });
  removeIfEmpty(room);
}

function removeIfEmpty(room: string): void {
  try {
    rmdirSync(room);
  } catch {
    // Another thread has removed it, or will.
    return;
  }
}
