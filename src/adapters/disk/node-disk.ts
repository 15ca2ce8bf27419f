import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { CmfError } from '../../domain/errors.ts';
import type { AppendFile, Disk, FileStat } from '../../ports/disk.ts';

/** The real file system. Every failure other than absence is a CmfError `environment` that names the path. */
export function nodeDisk(randomName: () => string): Disk {
  const disk: Disk = {
    makeDirectory: (path) => attempt(path, () => void fs.mkdirSync(path, { recursive: true })),
    list: (path) => attempt(path, () => ifPresent(() => fs.readdirSync(path)) ?? []),
    read: (path) => attempt(path, () => ifPresent(() => fs.readFileSync(path))),
    stat: (path) => attempt(path, () => statOf(path)),
    openAppend: (path, options) => attempt(path, () => openAppend(path, options)),
    replace: (path, bytes, options = {}) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        writeSynced(temporary, bytes, options.mode ?? 0o644);
        fs.renameSync(temporary, path);
        disk.syncDirectory(dirname(path));
      }),
    writeHint: (path, bytes) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        if (ifPresent(() => fs.writeFileSync(temporary, bytes) ?? true) === undefined) {
          fs.mkdirSync(dirname(path), { recursive: true });
          fs.writeFileSync(temporary, bytes);
        }
        fs.renameSync(temporary, path);
      }),
    createExclusive: (path, bytes, { mode = 0o644, durable = true } = {}) =>
      attempt(path, () => {
        const temporary = `${path}.${randomName()}.tmp`;
        if (durable) writeSynced(temporary, bytes, mode);
        else fs.writeFileSync(temporary, bytes, { mode, flag: 'wx' });
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
