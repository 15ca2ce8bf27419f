/**
 * Puts bytes into DVC's cache while they are hashed. Each object is written where nobody looks for it, and gets its place
 * only in `commit`, which the caller calls when a sync has made the bytes durable: whatever lies where its hash says is
 * whole.
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
  openSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { LinkType } from '../../domain/dvc-cache.ts';
import { makeFolder, makeShelf } from './cache-folders.ts';
import { changedWhileHashed, errorCode, type FilePath, fileFailure } from './file-failure.ts';
import { openShelves } from './object-shelves.ts';

/** How and where objects are kept. */
export type KeepPlan = {
  /** The folder `files/md5` of the cache, absolute. */
  readonly folder: string;
  /** `cache.type`: a large file is cloned where that is possible, or linked where that comes first, else copied. */
  readonly linkTypes: readonly LinkType[];
  /** True where the cache belongs to a group (`cache.shared = group`). */
  readonly group: boolean;
  /** Names what belongs to one run, in all of its threads; one of this thread alone unless given. */
  readonly run?: string;
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

/** A keeper for one thread. */
export function createKeeper(plan: KeepPlan): Keeper {
  const prefix = `.${randomBytes(9).toString('base64url')}`;
  const { folder, group, run = prefix.slice(1) } = plan;
  const shelves = openShelves({ folder, group, run });
  const waiting = new Map<string, string>();
  let count = 0;
  let modeIsRight: boolean | undefined;
  const temporary = (folder: string): string => `${folder}/${prefix}${(count++).toString().padStart(9, '0')}.tmp`;
  const create = (path: string): number => {
    const fd = openSync(path, 'wx', TRUSTED_MODE);
    modeIsRight ??= (fstatSync(fd).mode & 0o7777) === TRUSTED_MODE;
    if (!modeIsRight) fchmodSync(fd, TRUSTED_MODE);
    return fd;
  };
  const hasObject = (md5: string, sizeBytes: number): boolean => {
    if (waiting.has(md5)) return true;
    const { path, room, names } = shelves.of(md5);
    const isNamed = names?.has(md5.slice(2));
    if (room !== undefined || isNamed === false) return isNamed === true;
    return isTrusted(`${path}/${md5.slice(2)}`, sizeBytes);
  };
  const context: Context = { plan, temporary, create, hasObject, wait: (md5, path) => void waiting.set(md5, path) };
  return {
    keep(md5, bytes) {
      if (hasObject(md5, bytes.length)) return;
      const { path, room, names } = shelves.of(md5);
      if (room === undefined) waiting.set(md5, writeSmall(temporary(path), bytes, create));
      else {
        writeFirst(`${room}/${md5.slice(2)}`, bytes, create);
        names?.add(md5.slice(2));
      }
    },
    begin: (path) => beginSink(context, path),
    pending: () => [...shelves.pending(), ...waiting.values()],
    commit() {
      // Folders first: a large object may belong into one that has only now got its name.
      shelves.commit();
      const made = new Set<string>();
      for (const [md5, path] of waiting) {
        const shelf = `${folder}/${md5.slice(0, 2)}`;
        if (!made.has(shelf)) makeShelf(shelf, group);
        made.add(shelf);
        rename(path, `${shelf}/${md5.slice(2)}`);
      }
      waiting.clear();
    },
    discard() {
      for (const path of waiting.values()) rmSync(path, { force: true });
      waiting.clear();
      shelves.discard();
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

/**
 * True for an object that DVC trusts and that has the right size; everything else is written anew. One that is used again
 * counts as young again, so that a gc that took it for garbage leaves it: a new ctime is nothing that DVC looks at.
 */
export function isTrusted(path: string, sizeBytes: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true || (stats.mode & 0o7777) !== TRUSTED_MODE || stats.size !== sizeBytes) return false;
  if (Date.now() - stats.ctimeMs > FRESH_MS) refresh(path);
  return true;
}

/** Much less than gc waits, and more than one command takes. */
const FRESH_MS = 86_400_000;

function refresh(path: string): void {
  try {
    chmodSync(path, TRUSTED_MODE);
  } catch {
    // A cache that may only be read is in nobody's way.
  }
}

/** Writes an object under its own name, unless another thread has. */
function writeFirst(path: string, bytes: Uint8Array, create: (path: string) => number): void {
  try {
    writeSmall(path, bytes, create);
  } catch (error) {
    if (!(error instanceof TakenName)) throw error;
  }
}

class TakenName extends Error {}

function writeSmall(path: string, bytes: Uint8Array, create: (path: string) => number): string {
  const fd = createSmall(path, create);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    return path;
  } catch (error) {
    rmSync(path, { force: true });
    throw fileFailure(error, path);
  } finally {
    closeSync(fd);
  }
}

function createSmall(path: string, create: (path: string) => number): number {
  try {
    return create(path);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? new TakenName() : fileFailure(error, path);
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

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? fileFailure(error, from) : fileFailure(error, to);
  }
}
