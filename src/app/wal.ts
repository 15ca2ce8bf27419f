/**
 * The write-ahead log: where a record is durable before it becomes part of the journal in git.
 *
 * Every process appends to a file of its own, so no lock is needed:
 *
 *     wal/<boot id>.<pid namespace>.<pid>.<start time>.<random>.jsonl     its process may still append
 *     wal/<the same>.sealed                                               nobody will append
 *
 * A line is the canonical bytes of an entry. A last line without a line feed was cut by a crash and was never reported.
 * Before somebody else's log is taken over it is renamed to `.sealed`; a writer that finds its path gone after a sync
 * appends the same lines to a new log. So a process wrongly taken for dead loses nothing.
 */
import type { AppendFile, Disk } from '../ports/disk.ts';
import type { Effects, ProcessIdentity } from '../ports/effects.ts';

const LIVE = '.jsonl';
const SEALED = '.sealed';
/** After so long without a word, a process that cannot be asked is taken for ended when the user asks for it. */
const SILENT_MS = 24 * 60 * 60 * 1000;

export type Wal = {
  /** Appends lines and returns, when they are durable, the name of the log that they are in. */
  append(lines: readonly string[]): string;
  /** Ends this log: its lines may be journaled and the file removed. A later append starts another one. */
  seal(): void;
};

/** A log found on disk. */
export type WalFile = {
  readonly path: string;
  /** The same before and after it is sealed. */
  readonly name: string;
  readonly sealed: boolean;
  /** Its whole lines, read when first asked for; none when it is gone, for then somebody else has journaled it. */
  readonly lines: readonly string[];
  /** How long it was when its lines were read; undefined before. */
  readonly readBytes: number | undefined;
};

/** Opens this process's log. Nothing is created before the first append. */
export function openWal(disk: Disk, effects: Effects, directory: string): Wal {
  let open: { readonly path: string; readonly file: AppendFile } | undefined;
  const create = () => {
    disk.makeDirectory(directory);
    const path = `${directory}/${walName(effects.process(), effects.randomBytes(8))}${LIVE}`;
    const file = disk.openAppend(path, { create: true });
    disk.syncDirectory(directory);
    open = { path, file };
    return open;
  };
  return {
    append: (lines) => {
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      for (;;) {
        const { path, file } = open ?? create();
        // Until the lines are known to be durable under this name, the next append must not follow them.
        open = undefined;
        try {
          file.append(bytes);
          file.sync();
        } catch (error) {
          file.close();
          throw error;
        }
        if (disk.stat(path)?.inode !== file.inode) {
          file.close();
          continue;
        }
        open = { path, file };
        return nameOf(path);
      }
    },
    seal: () => {
      if (open === undefined) return;
      const { path, file } = open;
      open = undefined;
      file.close();
      disk.rename(path, sealedPath(path));
    },
  };
}

function walName(identity: ProcessIdentity, random: Uint8Array): string {
  const { bootId, pidNamespace, pid, startTime } = identity;
  return [bootId, pidNamespace, pid, startTime, Buffer.from(random).toString('hex')].join('.');
}

function sealedPath(path: string): string {
  return `${path.slice(0, -LIVE.length)}${SEALED}`;
}

/** Every log there is. */
export function findWals(disk: Disk, directory: string): WalFile[] {
  return disk
    .list(directory)
    .filter((name) => name.endsWith(SEALED) || name.endsWith(LIVE))
    .sort()
    .map((name) => walFile(disk, `${directory}/${name}`));
}

function walFile(disk: Disk, path: string): WalFile {
  let lines: readonly string[] | undefined;
  let readBytes: number | undefined;
  return {
    path,
    name: nameOf(path),
    sealed: path.endsWith(SEALED),
    get lines() {
      if (lines !== undefined) return lines;
      // Its process may have sealed it since the folder was listed.
      const bytes = disk.read(path) ?? (path.endsWith(LIVE) ? disk.read(sealedPath(path)) : undefined);
      readBytes = bytes?.length ?? 0;
      lines = completeLines(bytes ?? new Uint8Array());
      return lines;
    },
    get readBytes() {
      return readBytes;
    },
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, path.endsWith(SEALED) ? -SEALED.length : -LIVE.length);
}

/** How many logs there are, without reading them. */
export function countWals(disk: Disk, directory: string): number {
  return disk.list(directory).length;
}

function completeLines(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('utf8');
  const end = text.lastIndexOf('\n');
  return end < 0 ? [] : text.slice(0, end).split('\n');
}

/** Seals the logs of processes that are surely dead. Whether they are is asked of the machine, never guessed from age. */
export function sealAbandoned(disk: Disk, effects: Effects, directory: string): void {
  for (const name of disk.list(directory)) {
    if (!name.endsWith(LIVE)) continue;
    const owner = ownerOf(name);
    if (owner === undefined || effects.liveness(owner) !== 'dead') continue;
    disk.rename(`${directory}/${name}`, sealedPath(`${directory}/${name}`));
  }
}

/** The process that a log belongs to; undefined for a name that is not ours. */
export function ownerOf(name: string): ProcessIdentity | undefined {
  const [bootId, pidNamespace, pid, startTime, random] = name.replace(/\.(?:jsonl|sealed)$/, '').split('.');
  if (!bootId || pidNamespace === undefined || startTime === undefined || random === undefined) return undefined;
  const number = Number(pid);
  return Number.isSafeInteger(number) ? { bootId, pidNamespace, pid: number, startTime } : undefined;
}

/**
 * Removes a sealed log whose every line the journal holds. One that grew since it was read stays: on a shared file system a
 * read may show less than another machine has written.
 */
export function removeWal(disk: Disk, { path, sealed, readBytes }: WalFile): void {
  if (!sealed) return;
  const hasGrown = readBytes !== undefined && (disk.stat(path)?.sizeBytes ?? 0) > readBytes;
  if (!hasGrown) disk.remove(path);
}

/**
 * Live logs whose processes are dead, or that nobody has written to for a day and whose processes cannot be asked: those of
 * an earlier boot, or of another machine.
 */
export function abandonedWals(disk: Disk, effects: Effects, directory: string): string[] {
  const live = disk.list(directory).filter((name) => name.endsWith(LIVE));
  return live.map((name) => `${directory}/${name}`).filter((path) => !mayBeWritten(disk, effects, path));
}

/** True for a live log whose process lives, or may live and has written to it within a day. */
export function mayBeWritten(disk: Disk, effects: Effects, path: string): boolean {
  if (!path.endsWith(LIVE)) return false;
  const owner = ownerOf(path.slice(path.lastIndexOf('/') + 1));
  const liveness = owner === undefined ? 'unknown' : effects.liveness(owner);
  if (liveness !== 'unknown') return liveness === 'alive';
  return effects.nowMs() - (disk.stat(path)?.modifiedMs ?? 0) < SILENT_MS;
}

/** Seals a log by its path, whoever wrote it; one that is sealed already stays as it is. @returns its path now */
export function sealWal(disk: Disk, path: string): string {
  if (!path.endsWith(LIVE)) return path;
  disk.rename(path, sealedPath(path));
  return sealedPath(path);
}
