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
      open.file.close();
      disk.rename(open.path, sealedPath(open.path));
      open = undefined;
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
  return {
    path,
    name: nameOf(path),
    sealed: path.endsWith(SEALED),
    get lines() {
      lines ??= completeLines(disk.read(path) ?? new Uint8Array());
      return lines;
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

/** Removes a sealed log whose every line the journal holds. */
export function removeWal(disk: Disk, file: WalFile): void {
  if (file.sealed) disk.remove(file.path);
}

/** Live logs whose processes are dead or cannot be asked: those of an earlier boot, or of another machine. */
export function abandonedWals(disk: Disk, effects: Effects, directory: string): string[] {
  const live = disk.list(directory).filter((name) => name.endsWith(LIVE));
  return live
    .filter((name) => {
      const owner = ownerOf(name);
      return owner === undefined || effects.liveness(owner) !== 'alive';
    })
    .map((name) => `${directory}/${name}`);
}

/** Seals a log by its path, whoever wrote it; one that is sealed already stays as it is. @returns its path now */
export function sealWal(disk: Disk, path: string): string {
  if (!path.endsWith(LIVE)) return path;
  disk.rename(path, sealedPath(path));
  return sealedPath(path);
}
