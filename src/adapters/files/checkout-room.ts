/**
 * Where the files of a checkout are made before they are whole. A file of a folder that is there waits under a number, and is
 * renamed. A folder that is not there yet is filled under its own names, with all folders below it, and renamed as a whole:
 * the file system makes new files in a folder of their own twice as fast, and there is one rename for all.
 */
import { randomBytes } from 'node:crypto';
import {
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename } from 'node:path';
import { folderOf } from '../../domain/repository-path.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import type { WorktreeFolders } from './worktree-folders.ts';

/** How the name of a folder begins in which files wait for their place. */
export const ROOM_PREFIX = 'checkout-';

export interface CheckoutRoom {
  /**
   * Where to make a file of the work tree.
   * @throws CmfError `refused` where a folder on its way is a link
   */
  placeOf(path: string): string;
  /** Puts the file that was made into its place, or leaves it where its whole folder will get it. */
  settle(path: string): void;
  /** True when folders have waited for long enough, and `release` is to follow. */
  isDue(): boolean;
  /** Puts folders into their places. No file may be on its way into one. */
  release(): void;
  /** Removes what has no place yet. */
  close(): void;
}

export type CheckoutRoomOptions = {
  /** The work tree, absolute. */
  readonly root: string;
  readonly folders: WorktreeFolders;
  /** Where a room may be made: the first that lies on the file system of the work tree. */
  readonly temporaries: readonly string[];
  /** A clock that never goes back, in milliseconds. */
  readonly nowMs: () => number;
};

/** So long a folder waits for its files at most: a checkout that is killed has not made more than that for nothing. */
const WAIT_MS = 10_000;

export function openCheckoutRoom({ root, folders, temporaries, nowMs }: CheckoutRoomOptions): CheckoutRoom {
  const room = makeRoom(root, temporaries);
  /** Folders of the work tree that are being filled here, with those below them. */
  const filling = new Map<string, string>();
  /** Of those, the ones that get their place by a rename, in the order in which they came. */
  let tops: string[] = [];
  let made = 0;
  let sinceMs = 0;
  /** Where those files are that wait under a number, by their paths in the work tree. */
  const waiting = new Map<string, string>();
  const fill = (folder: string): string => {
    const above = filling.get(folderOf(folder));
    const path = above === undefined ? `${room}/${made++}` : `${above}/${basename(folder)}`;
    makeWithin(path);
    if (tops.length === 0) sinceMs = nowMs();
    if (above === undefined) tops.push(folder);
    filling.set(folder, path);
    return path;
  };
  /** @returns where a folder is filled; undefined for one that is in its place */
  const fillingOf = (folder: string): string | undefined => {
    const known = filling.get(folder);
    if (known !== undefined || folder === '') return known;
    const above = fillingOf(folderOf(folder));
    if (above === undefined && (folders.check(folder) || folders.passesGroupOn(folderOf(folder)))) return undefined;
    return fill(folder);
  };
  const release = (): void => {
    const released = tops;
    tops = [];
    for (const top of released) moveTo(filling.get(top) ?? '', `${root}/${top}`);
    filling.clear();
  };
  return {
    placeOf(path) {
      const folder = fillingOf(folderOf(path));
      if (folder !== undefined) return `${folder}/${basename(path)}`;
      folders.ensure(folderOf(path));
      const numbered = `${room}/${made++}`;
      waiting.set(path, numbered);
      return numbered;
    },
    settle(path) {
      const numbered = waiting.get(path);
      if (numbered === undefined) return;
      waiting.delete(path);
      moveTo(numbered, `${root}/${path}`);
    },
    isDue: () => tops.length > 0 && nowMs() - sinceMs > WAIT_MS,
    release,
    close: () => rmSync(room, { recursive: true, force: true }),
  };
}

function makeRoom(root: string, temporaries: readonly string[]): string {
  const { dev } = statSync(root);
  const near = temporaries.find((temporary) => makeTemporary(temporary)?.dev === dev) ?? temporaries[0] ?? root;
  try {
    return mkdtempSync(`${near}/${ROOM_PREFIX}`);
  } catch (error) {
    throw fileFailure(error, near);
  }
}

/** One may be there: a file system may not tell `D` from `d`, and nobody else makes anything here. */
function makeWithin(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** @returns undefined where its folder is none, which nothing is made in */
function makeTemporary(path: string): Stats | undefined {
  const above = lstatSync(folderOf(path), { throwIfNoEntry: false });
  if (above?.isDirectory() === false) return undefined;
  try {
    mkdirSync(path, { recursive: true });
    return lstatSync(path);
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** What hinders a rename of a folder: one that somebody made meanwhile, or another file system. */
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'EXDEV']);

function moveTo(path: string, target: string): void {
  try {
    renameSync(path, target);
  } catch (error) {
    const isFolder = IN_THE_WAY.has(errorCode(error)) && lstatSync(path).isDirectory();
    if (isFolder) moveAll(path, target);
    else if (errorCode(error) === 'EXDEV') moveAcross(path, target);
    else throw fileFailure(error, target);
  }
}

/** One by one. What lies in the place of a folder must be one, and no link. */
function moveAll(folder: string, target: string): void {
  try {
    if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory() !== true) mkdirSync(target);
    for (const name of readdirSync(folder)) moveTo(`${folder}/${name}`, `${target}/${name}`);
  } catch (error) {
    throw fileFailure(error, target);
  }
}

/** A part of the work tree is a file system of its own. */
function moveAcross(path: string, target: string): void {
  const beside = `${folderOf(target)}/.${randomBytes(9).toString('base64url')}.cmf.tmp`;
  try {
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), beside);
    else copyFileSync(path, beside, constants.COPYFILE_EXCL);
    renameSync(beside, target);
    rmSync(path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw fileFailure(error, target);
  }
}
