/**
 * Puts bytes into DVC's cache while they are hashed. Each object is written under a temporary name in its own folder and
 * gets its real name only in `commit`, which the caller calls when a sync has made the bytes durable: whatever bears its
 * hash as a name is whole.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { LinkType } from '../../domain/dvc-cache.ts';
import { changedWhileHashed, errorCode, type FilePath, fileFailure } from './file-failure.ts';

/** How and where objects are kept. */
export type KeepPlan = {
  /** The folder `files/md5` of the cache, absolute. */
  readonly folder: string;
  /** `cache.type`: a large file is cloned where that is possible, or linked where that comes first, else copied. */
  readonly linkTypes: readonly LinkType[];
  /** True where the cache belongs to a group (`cache.shared = group`). */
  readonly group: boolean;
};

/** Takes the bytes of one large file. */
export interface Sink {
  /** True where the cache then has the very file, not a copy: keeping it changed its ctime. */
  readonly isSameFile: boolean;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /**
   * @param isUnchanged tells whether the file still is the one whose bytes were hashed; `'mtime'` disregards the ctime,
   * which a new link changes
   * @throws CmfError `conflict` when it is not
   */
  end(md5: string, sizeBytes: number, isUnchanged: (by: 'ctime' | 'mtime') => boolean): void;
  abandon(): void;
}

export interface Keeper {
  /** Keeps a small object whose bytes are all there. */
  keep(md5: string, bytes: Uint8Array): void;
  begin(path: FilePath): Sink;
  /** Temporary files that wait for `commit`. */
  pending(): string[];
  /** Gives everything that was kept its name. */
  commit(): void;
  /** Forgets and removes what has no name yet. */
  discard(): void;
}

/** DVC's trust mark: an object of exactly this mode is taken as correct. */
export const TRUSTED_MODE = 0o444;
/** More names of a folder are not held in memory. */
const NAMES_MAX = 1024;

type Shelf = { readonly path: string; readonly names: Set<string> | undefined };

/** A keeper for one thread. */
export function createKeeper(plan: KeepPlan): Keeper {
  const prefix = `.${randomBytes(9).toString('base64url')}`;
  const shelves = new Map<string, Shelf>();
  const waiting = new Map<string, string>();
  let made = 0;
  let modeIsRight: boolean | undefined;
  const temporary = (folder: string): string => `${folder}/${prefix}${(made++).toString().padStart(9, '0')}.tmp`;
  const shelfOf = (md5: string): Shelf => {
    const name = md5.slice(0, 2);
    let shelf = shelves.get(name);
    if (shelf === undefined) {
      shelf = openShelf(`${plan.folder}/${name}`, plan.group);
      shelves.set(name, shelf);
    }
    return shelf;
  };
  const create = (path: string): number => {
    const fd = openSync(path, 'wx', TRUSTED_MODE);
    modeIsRight ??= (fstatSync(fd).mode & 0o7777) === TRUSTED_MODE;
    if (!modeIsRight) fchmodSync(fd, TRUSTED_MODE);
    return fd;
  };
  const hasObject = (md5: string, sizeBytes: number): boolean => {
    if (waiting.has(md5)) return true;
    const shelf = shelfOf(md5);
    if (shelf.names?.has(md5.slice(2)) === false) return false;
    return isTrusted(`${shelf.path}/${md5.slice(2)}`, sizeBytes);
  };
  const context: Context = { plan, temporary, create, hasObject, wait: (md5, path) => void waiting.set(md5, path) };
  return {
    keep(md5, bytes) {
      if (!hasObject(md5, bytes.length)) waiting.set(md5, writeSmall(temporary(shelfOf(md5).path), bytes, create));
    },
    begin: (path) => beginSink(context, path),
    pending: () => [...waiting.values()],
    commit() {
      for (const [md5, path] of waiting) {
        const shelf = shelfOf(md5);
        rename(path, `${shelf.path}/${md5.slice(2)}`);
        if (shelf.names !== undefined && shelf.names.size < NAMES_MAX) shelf.names.add(md5.slice(2));
        else shelves.delete(md5.slice(0, 2));
      }
      waiting.clear();
    },
    discard() {
      for (const path of waiting.values()) rmSync(path, { force: true });
      waiting.clear();
    },
  };
}

type Context = {
  readonly plan: KeepPlan;
  readonly temporary: (folder: string) => string;
  readonly create: (path: string) => number;
  readonly hasObject: (md5: string, sizeBytes: number) => boolean;
  readonly wait: (md5: string, path: string) => void;
};

/** True for an object that DVC trusts and that has the right size; everything else is written anew. */
export function isTrusted(path: string, sizeBytes: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (stats.mode & 0o7777) === TRUSTED_MODE && stats.size === sizeBytes;
}

function writeSmall(path: string, bytes: Uint8Array, create: (path: string) => number): string {
  try {
    const fd = create(path);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } finally {
      closeSync(fd);
    }
    return path;
  } catch (error) {
    rmSync(path, { force: true });
    throw fileFailure(error, path);
  }
}

const writeBytes = promisify(write);

/** Copies while the file is read; its folder is not known before its hash is. */
function copySink({ plan, temporary, create, hasObject, wait }: Context, source: FilePath): Sink {
  makeFolder(plan.folder, plan.group);
  const path = temporary(plan.folder);
  const fd = create(path);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    isSameFile: false,
    async write(bytes, offset) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await writeBytes(fd, bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    },
    end(md5, sizeBytes, isUnchanged) {
      close();
      if (!isUnchanged('ctime')) throw changedWhileHashed(source);
      if (hasObject(md5, sizeBytes)) rmSync(path, { force: true });
      else wait(md5, path);
    },
    abandon() {
      close();
      rmSync(path, { force: true });
    },
  };
}

function beginSink(context: Context, source: FilePath): Sink {
  const { linkTypes } = context.plan;
  if (linkTypes[0] === 'hardlink') return linkSink(context, source);
  if (linkTypes.includes('reflink')) return cloneSink(context, source) ?? copySink(context, source);
  return copySink(context, source);
}

/** Clones the file before it is hashed, so the clone has its bytes if it does not change meanwhile. */
function cloneSink(context: Context, source: FilePath): Sink | undefined {
  const { plan, temporary, hasObject, wait } = context;
  makeFolder(plan.folder, plan.group);
  const path = temporary(plan.folder);
  try {
    copyFileSync(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    chmodSync(path, TRUSTED_MODE);
  } catch {
    // The file systems differ, or this one cannot: it is copied.
    rmSync(path, { force: true });
    return undefined;
  }
  return {
    isSameFile: false,
    write: async () => undefined,
    end(md5, sizeBytes, isUnchanged) {
      if (!isUnchanged('ctime')) throw changedWhileHashed(source);
      if (hasObject(md5, sizeBytes)) rmSync(path, { force: true });
      else wait(md5, path);
    },
    abandon: () => rmSync(path, { force: true }),
  };
}

/** Gives the file itself a second name in the cache, once its hash is known; copies it where that cannot be. */
function linkSink({ plan, temporary, hasObject, wait }: Context, source: FilePath): Sink {
  let path: string | undefined;
  return {
    isSameFile: true,
    write: async () => undefined,
    end(md5, sizeBytes, isUnchanged) {
      if (!isUnchanged('ctime')) throw changedWhileHashed(source);
      if (hasObject(md5, sizeBytes)) return;
      makeFolder(plan.folder, plan.group);
      path = temporary(plan.folder);
      try {
        linkSync(source, path);
      } catch {
        copyFileSync(source, path, constants.COPYFILE_EXCL);
      }
      chmodSync(path, TRUSTED_MODE);
      if (!isUnchanged('mtime')) throw changedWhileHashed(source);
      wait(md5, path);
    },
    abandon: () => path !== undefined && rmSync(path, { force: true }),
  };
}

function openShelf(path: string, group: boolean): Shelf {
  if (makeFolder(path, group)) return { path, names: new Set() };
  try {
    const names = readdirSync(path);
    return { path, names: names.length > NAMES_MAX ? undefined : new Set(names) };
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** Makes a folder of the cache and those above it. @returns true if it was not there */
export function makeFolder(path: string, group: boolean): boolean {
  try {
    const first = mkdirSync(path, { recursive: true });
    if (first !== undefined && group) chmodSync(path, 0o2775);
    return first !== undefined;
  } catch (error) {
    throw fileFailure(error, path);
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? fileFailure(error, from) : fileFailure(error, to);
  }
}
