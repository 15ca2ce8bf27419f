import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { CmfError } from '../../domain/errors.ts';
import type { AppendFile, Disk, FileStat } from '../../ports/disk.ts';

/**
 * The real file system. Every failure other than absence is a CmfError `environment` that names the path.
 *
 * What is made in a folder that a group may write to can be read and written by that group too, whatever the umask: that is
 * what git does where `core.sharedRepository` says so, and there git has made its folder so. What is made with a mode that
 * shows it to its owner alone stays so.
 */
export function nodeDisk(randomName: () => string): Disk {
  const disk: Disk = {
    makeDirectory: (path, { isShared = false } = {}) =>
      attempt(path, () => {
        makeDirectory(path);
        if (isShared) openToGroup(path);
      }),
    list: (path) => attempt(path, () => ifPresent(() => fs.readdirSync(path)) ?? []),
    read: (path) => attempt(path, () => ifPresent(() => fs.readFileSync(path))),
    stat: (path) => attempt(path, () => statOf(path)),
    openAppend: (path, options) => attempt(path, () => openAppend(path, options)),
    replace: (path, bytes, options = {}) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        writeSynced(temporary, bytes, options.mode ?? 0o644);
        share(temporary, options.mode);
        fs.renameSync(temporary, path);
        disk.syncDirectory(dirname(path));
      }),
    writeHint: (path, bytes) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        if (ifPresent(() => fs.writeFileSync(temporary, bytes) ?? true) === undefined) {
          makeDirectory(dirname(path));
          fs.writeFileSync(temporary, bytes);
        }
        share(temporary);
        fs.renameSync(temporary, path);
      }),
    createExclusive: (path, bytes, { mode = 0o644, durable = true } = {}) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        if (durable) writeSynced(temporary, bytes, mode);
        else fs.writeFileSync(temporary, bytes, { mode, flag: 'wx' });
        share(temporary, mode);
        const isFirst = linkExclusive(temporary, path);
        if (durable && isFirst) syncPath(dirname(path));
        return isFirst;
      }),
    rename: (from, to) =>
      attempt(from, () => {
        const renamed = ifPresent(() => fs.renameSync(from, to) ?? true);
        return renamed ?? false;
      }),
    link: (from, to) =>
      attempt(from, () => {
        const temporary = `${to}.${randomName()}.tmp`;
        if (ifPresent(() => nameAgain(from, temporary) ?? true) === undefined) return false;
        fs.renameSync(temporary, to);
        // Two names of one file: then the rename did nothing.
        fs.rmSync(temporary, { force: true });
        return true;
      }),
    remove: (path) => attempt(path, () => void ifPresent(() => fs.unlinkSync(path))),
    syncDirectory: (path) => attempt(path, () => syncPath(path)),
  };
  return disk;
}

/** Makes what is missing of a path, from above. */
function makeDirectory(path: string): void {
  const first = fs.mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  const made: string[] = [];
  for (let one = path; one.length >= first.length; one = dirname(one)) made.unshift(one);
  for (const one of made) share(one);
}

/** One of another user is left as it is: it is theirs to share. */
function openToGroup(path: string): void {
  const { mode, uid } = fs.statSync(path);
  if (uid === process.getuid?.() && (mode & 0o070) !== 0o070) fs.chmodSync(path, (mode | 0o2070) & 0o7777);
}

const GROUP_WRITES = 0o020;
/** Reading, writing and entering for the group; reading and entering for all others. */
const SHAREABLE = 0o075;

/**
 * Gives what was made just now the rights of its folder, where a group shares that.
 * @param wished the mode with which it was made, before the umask
 */
function share(path: string, wished = 0o666): void {
  const isSecret = (wished & 0o077) === 0;
  const folder = isSecret ? 0 : fs.statSync(dirname(path)).mode;
  if ((folder & GROUP_WRITES) === 0) return;
  const { mode } = fs.statSync(path);
  const executable = (mode & 0o100) === 0 ? 0 : 0o011;
  const shared = mode | (folder & SHAREABLE & (0o064 | executable));
  if (shared !== mode) fs.chmodSync(path, shared & 0o7777);
}

function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CmfError('environment', { message: `${path}: ${REASONS[code] ?? code}`, cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of this path is not a directory',
  EISDIR: 'is a directory',
  EEXIST: 'a file of this name is in the way',
  EIO: 'the device reports an error',
};

function ifPresent<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function statOf(path: string): FileStat | undefined {
  // Most often there is nothing, and an error that is thrown and caught costs five times as much.
  const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  return {
    sizeBytes: Number(stat.size),
    inode: stat.ino,
    // Where the system does not tell, node shows the time of the last change instead.
    bornMs: stat.birthtimeNs === stat.ctimeNs ? 0 : Number(stat.birthtimeMs),
    modifiedMs: Number(stat.mtimeMs),
    isDirectory: stat.isDirectory(),
  };
}

function openAppend(path: string, options: { readonly create: boolean; readonly mode?: number }): AppendFile {
  const flags = fs.constants.O_WRONLY | fs.constants.O_APPEND;
  const fd = fs.openSync(
    path,
    options.create ? flags | fs.constants.O_CREAT | fs.constants.O_EXCL : flags,
    options.mode ?? 0o644,
  );
  if (options.create) share(path, options.mode);
  return {
    inode: fs.fstatSync(fd, { bigint: true }).ino,
    append: (bytes) => attempt(path, () => writeAll(fd, bytes)),
    sync: () => attempt(path, () => fs.fdatasyncSync(fd)),
    close: () => attempt(path, () => fs.closeSync(fd)),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += fs.writeSync(fd, bytes, written);
}

function writeSynced(path: string, bytes: string | Uint8Array, mode: number): void {
  const fd = fs.openSync(path, 'wx', mode);
  try {
    writeAll(fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** A file that was written under another name is linked into place, so it is never seen half-written. */
function linkExclusive(temporary: string, path: string): boolean {
  try {
    fs.linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.unlinkSync(temporary);
  }
}

/** Codes of a file system without hard links, and of a file that is somebody else's. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EMLINK']);

function nameAgain(from: string, to: string): void {
  // Not all systems link a symbolic link itself.
  if (fs.lstatSync(from).isSymbolicLink()) {
    fs.symlinkSync(fs.readlinkSync(from), to);
    return;
  }
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error;
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
    syncPath(to);
  }
}

function syncPath(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
