import { hash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { CachePlace, LinkType } from '../../domain/dvc-cache.ts';
import { objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { CheckoutFile, CheckoutOrder } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { legacyMd5, plainMd5 } from './file-md5.ts';
import { TRUSTED_MODE } from './object-keeper.ts';

/** How the name of a folder begins in which files wait for their place. */
export const ROOM_PREFIX = 'checkout-';
const TURN_FILES = 256;
/** A file up to this size is checked while it is copied: nothing wrong comes into a work tree that is cheap to see. */
const CHECKED_BYTES = 1024 * 1024;

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
    const linker = openLinker(place, made);
    for (let files = 1; next.done !== true; files++, next = writes.next()) {
      const file = next.value;
      folders.ensure(folderOf(file.path));
      linker.write(file, `${order.root}/${file.path}`);
      if (files % TURN_FILES !== 0) continue;
      order.onProgress?.({ files, bytes: linker.bytes(), filesTotal: order.writesTotal ?? 0, bytesTotal: 0 });
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

/** Makes files of one cache, by the first way that works. */
function openLinker(place: CachePlace, room: string) {
  let types: readonly LinkType[] = place.linkTypes;
  let made = 0;
  let bytes = 0;
  const make = (object: string, path: string, file: CheckoutFile): void => {
    requireFile(object);
    for (const type of file.executable ? types.filter(isOwnFile) : types) {
      try {
        bytes += makeBy(type, object, path, file);
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw fileFailure(error, object);
        // What does not work for one file of this cache works for none.
        types = types.filter((other) => other !== type);
        rmSync(path, { force: true });
      }
    }
    bytes += copyChecked(object, path, file);
  };
  return {
    bytes: () => bytes,
    write(file: CheckoutFile, target: string): void {
      const object = `${place.directory}/${objectPath(file.digest)}`;
      const path = `${room}/${made++}`;
      make(object, path, file);
      if (file.executable) addExecutable(path);
      moveTo(path, target);
    },
  };
}

/** A link shares its mode with the cache, whose objects may be nothing but read. */
function isOwnFile(type: LinkType): boolean {
  return type === 'reflink' || type === 'copy';
}

const UNAVAILABLE: ReadonlySet<string | undefined> = new Set([
  'EXDEV',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENOSYS',
  'EPERM',
  'EMLINK',
  'ENOTTY',
  'EINVAL',
]);

function isUnavailable(error: unknown): boolean {
  return UNAVAILABLE.has(errorCode(error));
}

/** @returns how many bytes the file has, where that is known */
function makeBy(type: LinkType, object: string, path: string, file: CheckoutFile): number {
  const stats = lstatSync(object);
  if (type === 'copy' || stats.size === 0) return copyChecked(object, path, file);
  requireTrust(object, stats, file);
  if (type === 'symlink') symlinkSync(object, path);
  else if (type === 'hardlink') linkSync(object, path);
  else {
    copyFileSync(object, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    makeWritable(path);
  }
  return stats.size;
}

/** Copies; a small file is hashed on the way, a large one that has not the mode of a whole one is hashed first. */
function copyChecked(object: string, path: string, file: CheckoutFile): number {
  const fd = openSync(object, 'r');
  try {
    const stats = fstatSync(fd);
    const { size } = stats;
    if (size > CHECKED_BYTES) {
      requireTrust(object, stats, file);
      copyFileSync(object, path, constants.COPYFILE_EXCL);
      makeWritable(path);
      return size;
    }
    const bytes = Buffer.allocUnsafe(size);
    const count = readSync(fd, bytes, 0, size, 0);
    if (count !== size || !isContent(bytes, object, file)) throw damaged(object);
    writeFileSync(path, bytes, { flag: 'wx' });
    return size;
  } finally {
    closeSync(fd);
  }
}

/** What is no file, such as a link that leads elsewhere, is no object. */
function requireFile(object: string): void {
  const stats = lstatSync(object, { throwIfNoEntry: false });
  if (stats?.isFile() === false) throw damaged(object);
}

/** An object without DVC's mark of trust is hashed before it is used, as DVC does. */
function requireTrust(object: string, { mode }: Stats, { digest }: CheckoutFile): void {
  if ((mode & 0o7777) === TRUSTED_MODE) return;
  const sums = digest.kind === 'md5-dos2unix' ? legacyMd5(object) : [plainMd5(object)];
  if (!sums.includes(digest.value)) throw damaged(object);
}

function isContent(bytes: Uint8Array, object: string, { digest }: CheckoutFile): boolean {
  if (digest.kind === 'md5-dos2unix') return legacyMd5(object).includes(digest.value);
  return hash('md5', bytes, 'hex') === digest.value;
}

function damaged(object: string): CmfError {
  return new CmfError('damaged', {
    message: `${object} is not what its name says, and was not checked out`,
    hint: `rm -f '${object}', then git cmf artifact pull gets it again, or artifact add where the file is right`,
  });
}

/** As a new file of this user would be. */
function makeWritable(path: string): void {
  chmodSync(path, 0o666 & ~process.umask());
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
