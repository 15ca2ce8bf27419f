/**
 * What processes that were killed leave behind: lock files of git, which make every later update of a ref fail, objects that
 * git began to write, and temporary files of our own.
 *
 * A file is taken for left behind only when it is old by the file system's own clock, no git works in this repository, as
 * far as the machine tells, and it is unchanged when it is removed.
 */
import { CmfError } from '../domain/errors.ts';
import { LOCKABLE_REFS } from '../domain/ids.ts';
import type { Disk, FileStat } from '../ports/disk.ts';
import type { Machine } from '../ports/machine.ts';
import { type Context, stateDirectory } from './clone.ts';
import { fileSystemNowMs } from './file-age.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';

/** git holds a lock for seconds. */
const LOCK_STALE_MS = 10 * 60 * 1000;
/** Where the machine does not tell which processes work here. */
const LOCK_STALE_UNTOLD_MS = 60 * 60 * 1000;
/** Ours live for milliseconds. */
const TEMPORARY_STALE_MS = 10 * 60 * 1000;
/** git may fetch for hours; it goes on writing to its file meanwhile. */
const OBJECT_STALE_MS = 24 * 60 * 60 * 1000;

const HELP_FIX = 'git cmf doctor --fix';
/** Files of git that guard all refs at once: a lock, or the new text of what it guards. */
const SHARED_LOCKS = ['packed-refs.lock', 'packed-refs.new', 'reftable/tables.list.lock'];
const OBJECT_FILE = /^tmp_(?:obj|pack|idx|rev|bitmap)_/;
const OUR_TEMPORARY = /\.(?:tmp|now|break|part)$/;

type Old = { readonly path: string; readonly stat: FileStat; readonly ageMs: number };

/** Looks for what was left behind in a repository, whoever left it. */
export async function examineLeftBehind(context: Context, machine: Machine): Promise<Finding[]> {
  const { disk } = context;
  const { commonDir, gitDir, worktree } = context.repository.layout;
  if (!machine.isWritable(commonDir)) return [];
  const nowMs = nowAt(context);
  const places = [commonDir, gitDir, ...(worktree === undefined ? [] : [worktree])];
  const workers = machine.gitProcessesIn([...new Set(places)]);
  const locks = findLocks(disk, commonDir).flatMap((path) => measured(disk, path, nowMs));
  const findings = locks.map((lock) => examineLock(disk, lock, workers));
  return [
    ...(findings.length === 0 ? [fine('no lock of git is in the way')] : findings),
    ...examineFiles(disk, 'temporary files of git cmf', temporaryFiles(disk, stateDirectory(context)), {
      nowMs,
      staleMs: TEMPORARY_STALE_MS,
    }),
    ...examineFiles(disk, 'objects that a git began to write', objectFiles(disk, `${commonDir}/objects`), {
      nowMs,
      staleMs: OBJECT_STALE_MS,
    }),
  ];
}

/** Where git cmf keeps nothing yet, nothing is made either. */
function nowAt(context: Context): number {
  const directory = stateDirectory(context);
  const hasFolder = context.disk.stat(directory) !== undefined;
  const nowMs = hasFolder ? fileSystemNowMs(context.disk, `${directory}/doctor.now`) : undefined;
  return nowMs ?? context.effects.nowMs();
}

function measured(disk: Disk, path: string, nowMs: number): Old[] {
  const stat = disk.stat(path);
  return stat === undefined || stat.isDirectory ? [] : [{ path, stat, ageMs: nowMs - stat.modifiedMs }];
}

/** Locks of our refs, and those of all refs. */
function findLocks(disk: Disk, commonDir: string): string[] {
  const shared = SHARED_LOCKS.map((name) => `${commonDir}/${name}`);
  const ours = LOCKABLE_REFS.flatMap((ref) => [`${commonDir}/${ref}.lock`, ...filesBelow(disk, `${commonDir}/${ref}`)]);
  return [...shared, ...ours.filter((path) => path.endsWith('.lock'))];
}

/** Every file below a folder. */
function filesBelow(disk: Disk, folder: string): string[] {
  const found: string[] = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const stat = disk.stat(next);
    if (stat?.isDirectory !== true) found.push(...(stat === undefined ? [] : [next]));
    else for (const name of readable(disk, next)) waiting.push(`${next}/${name}`);
  }
  return found;
}

/** What another user keeps to himself is not ours to look after. */
function readable(disk: Disk, folder: string): string[] {
  try {
    return disk.list(folder);
  } catch (error) {
    if (error instanceof CmfError) return [];
    throw error;
  }
}

function examineLock(disk: Disk, lock: Old, workers: readonly number[] | undefined): Finding {
  const { path, ageMs } = lock;
  const what = `${path} has kept git from updating refs for ${minutes(ageMs)}`;
  if (workers !== undefined && workers.length > 0) {
    const list = workers.join(', ');
    return notice(`${what}; git is at work here (process ${list}) and may hold it`, `ps -p ${workers.join(' -p ')}`);
  }
  if (ageMs <= (workers === undefined ? LOCK_STALE_UNTOLD_MS : LOCK_STALE_MS)) {
    return notice(`${what}; a git at work holds it, or one that was killed left it`, 'wait, then git cmf doctor again');
  }
  const fix = async () => {
    return removeUnchanged(disk, lock) ? `removed ${path}` : `left ${path}: it has changed meanwhile`;
  };
  return { ...wrong(`${what}; a git that was killed left it`, HELP_FIX), fix };
}

function minutes(ageMs: number): string {
  const count = Math.floor(Math.max(ageMs, 0) / 60_000);
  if (count >= 120) return `${Math.floor(count / 60)} hours`;
  return count === 0 ? 'less than a minute' : `${count} minute${count === 1 ? '' : 's'}`;
}

function removeUnchanged(disk: Disk, { path, stat }: Old): boolean {
  const now = disk.stat(path);
  if (now?.inode !== stat.inode || now.modifiedMs !== stat.modifiedMs || now.sizeBytes !== stat.sizeBytes) return false;
  disk.remove(path);
  return true;
}

function examineFiles(
  disk: Disk,
  what: string,
  paths: readonly string[],
  { nowMs, staleMs }: { readonly nowMs: number; readonly staleMs: number },
): Finding[] {
  const old = paths.flatMap((path) => measured(disk, path, nowMs)).filter(({ ageMs }) => ageMs > staleMs);
  if (old.length === 0) return [];
  const sizeBytes = old.reduce((sum, { stat }) => sum + stat.sizeBytes, 0);
  const fix = async () => `removed ${old.filter((one) => removeUnchanged(disk, one)).length} files`;
  return [{ ...notice(`${old.length} ${what} were left behind, ${sizeBytes} bytes: ${old[0]?.path}`, HELP_FIX), fix }];
}

function temporaryFiles(disk: Disk, directory: string): string[] {
  return filesBelow(disk, directory).filter((path) => OUR_TEMPORARY.test(path));
}

function objectFiles(disk: Disk, directory: string): string[] {
  const folders = disk.list(directory).filter((name) => /^(?:[0-9a-f]{2}|pack)$/.test(name));
  return folders.flatMap((folder) =>
    disk
      .list(`${directory}/${folder}`)
      .filter((name) => OBJECT_FILE.test(name))
      .map((name) => `${directory}/${folder}/${name}`),
  );
}
