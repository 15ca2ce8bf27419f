import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { CachePlace } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { CheckoutFile, CheckoutOrder } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { openObjectMaker } from './make-object.ts';

/** How the name of a folder begins in which files wait for their place. */
export const ROOM_PREFIX = 'checkout-';
const TURN_FILES = 256;

/**
 * Writes files into a work tree. A file is made elsewhere and renamed, so its path never has half of it.
 * @param temporaries where it may be made: the first that lies on the file system of the work tree
 */
export async function checkoutFiles(
  place: CachePlace,
  order: CheckoutOrder,
  temporaries: readonly string[],
): Promise<void> {
  makeRoot(order.root);
  const folders = openFolders(order.root);
  for (const path of order.removes) removeFile(order, folders, path);
  if (order.emptyFolder !== undefined) folders.ensure(order.emptyFolder);
  for (const path of order.executables ?? []) if (folders.check(folderOf(path))) addExecutable(`${order.root}/${path}`);
  const writes = order.writes[Symbol.iterator]();
  let next = writes.next();
  if (next.done === true) return;
  const made = openRoom(order.root, temporaries);
  try {
    const writer = openWriter(place, made);
    for (let files = 1; next.done !== true; files++, next = writes.next()) {
      const file = next.value;
      folders.ensure(folderOf(file.path));
      writer.write(file, `${order.root}/${file.path}`);
      if (files % TURN_FILES !== 0) continue;
      order.onProgress?.({ files, bytes: writer.bytes(), filesTotal: order.writesTotal ?? 0, bytesTotal: 0 });
      await setImmediate();
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function makeRoot(root: string): void {
  try {
    mkdirSync(root, { recursive: true });
  } catch (error) {
    throw fileFailure(error, root);
  }
}

function openRoom(root: string, temporaries: readonly string[]): string {
  const { dev } = statSync(root);
  const near = temporaries.find((temporary) => makeTemporary(temporary)?.dev === dev) ?? temporaries[0] ?? root;
  try {
    return mkdtempSync(`${near}/${ROOM_PREFIX}`);
  } catch (error) {
    throw fileFailure(error, near);
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

type Folders = { readonly ensure: (path: string) => void; readonly check: (path: string) => boolean };

/** Folders of the work tree that are known to be no symbolic links, so that nothing is written through one. */
function openFolders(root: string): Folders {
  const known = new Set(['']);
  const look = (path: string): 'folder' | 'nothing' => {
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined) return 'nothing';
    if (stats.isDirectory()) return 'folder';
    throw new CmfError('refused', {
      message: `${root}/${path} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'no folder'}; nothing is written through it`,
      hint: `move it out of the way: mv '${path}' elsewhere`,
    });
  };
  const check = (path: string): boolean => {
    if (known.has(path)) return true;
    if (!check(folderOf(path)) || look(path) === 'nothing') return false;
    known.add(path);
    return true;
  };
  const ensure = (path: string): void => {
    if (known.has(path)) return;
    ensure(folderOf(path));
    if (look(path) === 'nothing') makeFolder(`${root}/${path}`);
    known.add(path);
  };
  return { ensure, check };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || lstatSync(path).isSymbolicLink()) throw fileFailure(error, path);
  }
}

function removeFile({ root, keepFolder }: CheckoutOrder, folders: Folders, path: string): void {
  if (!folders.check(folderOf(path))) return;
  try {
    unlinkSync(`${root}/${path}`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, `${root}/${path}`);
  }
  for (let folder = folderOf(path); folder !== keepFolder && folder !== ''; folder = folderOf(folder)) {
    try {
      rmdirSync(`${root}/${folder}`);
    } catch {
      // It holds something else.
      return;
    }
  }
}

function openWriter(place: CachePlace, room: string) {
  const maker = openObjectMaker(place);
  let made = 0;
  return {
    bytes: maker.bytes,
    write(file: CheckoutFile, target: string): void {
      const path = `${room}/${made++}`;
      maker.make(path, file);
      if (file.executable) addExecutable(path);
      moveTo(path, target);
    },
  };
}

function addExecutable(path: string): void {
  try {
    const stats = lstatSync(path);
    // A link shares its mode with the cache, whose objects stay as they are.
    if (stats.isFile() && (stats.mode & 0o200) !== 0) chmodSync(path, stats.mode | (0o111 & ~process.umask()));
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function moveTo(path: string, target: string): void {
  try {
    renameSync(path, target);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw fileFailure(error, target);
    moveAcross(path, target);
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
