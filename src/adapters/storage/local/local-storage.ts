import { randomBytes } from 'node:crypto';
import { constants, type Stats, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { noSuchObject, sourceChanged, truncated } from '../../../domain/storage-failure.ts';
import { isStorageKey, isTemporaryName, type StorageKey } from '../../../domain/storage-key.ts';
import type { GetOptions, ObjectStorage, SourceFile, StoredObject } from '../../../ports/object-storage.ts';
import { diskErrorCode, diskFailure } from '../disk-failure.ts';
import { findUnfinished } from '../find-unfinished.ts';
import { inParallel } from '../in-parallel.ts';
import { writeFully, writeNewFile } from '../new-file.ts';
import { isSame } from '../source-file.ts';
import { openPace, type Pace, readSmall, replaceSmall, SMALL_BYTES, writeSmall } from './small-file.ts';

export type LocalOptions = {
  /** Absolute; made when something is put. */
  readonly root: string;
  /** True: folders can be written by the group, as DVC's `shared = group` has it. */
  readonly isShared?: boolean;
  /** Makes all of a file system durable. */
  readonly syncFileSystem: (path: string) => Promise<void>;
};

/** How many files at once: node reads and writes them in four threads. */
const PARALLEL = 8;
const CHUNK_BYTES = 1024 * 1024;

/** A folder of this machine, or one that is mounted from another (NFS). */
export function localStorage({ root, isShared = false, syncFileSystem }: LocalOptions): ObjectStorage {
  const made = new Set<string>();
  const pace = openPace(() => performance.now());
  const temporary = temporaryNames();
  let isUnsettled = false;
  return {
    parallel: PARALLEL,
    folder: { directory: root, group: isShared },
    list: (prefix) => listFolder(root, prefix, pace),
    sizes: async (keys) => {
      const sizes = new Map<StorageKey, number>();
      await sizesOf(root, keys, pace, (key, sizeBytes) => sizes.set(key, sizeBytes));
      return sizes;
    },
    put: async (key, source) => {
      const path = join(root, key);
      const folder = dirname(path);
      if (!made.has(folder)) await makeFolder(root, folder, isShared);
      made.add(folder);
      await putFile(source, path, `${folder}/${temporary()}`, pace).catch((error: unknown) => {
        // Somebody removed the folder.
        made.delete(folder);
        throw error;
      });
      isUnsettled = true;
    },
    get: async (key, path, options) => {
      const small = pace.isFast() ? getSmall(key, join(root, key), path, options, pace) : undefined;
      if (small !== undefined) return small;
      const found = await statIfThere(join(root, key));
      if (!found?.isFile()) throw noSuchObject(key);
      return options?.observe === undefined
        ? copyOut(key, join(root, key), path, found)
        : readOut(key, join(root, key), path, found, options);
    },
    unfinished: () =>
      findUnfinished({
        parallel: PARALLEL,
        entriesIn: async (folder) =>
          (await entriesOf(join(root, folder))).map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })),
        measure: (key) => measureFile(join(root, key)),
      }),
    remove: async (key) => {
      const path = join(root, key);
      await attempt(path, () => rm(path, { force: true }));
      // The last one of a folder that never got its name takes it along.
      if (isTemporaryName(basename(dirname(path)))) await rmdir(dirname(path)).catch(() => undefined);
    },
    settle: async () => {
      if (isUnsettled) await syncFileSystem(root);
      isUnsettled = false;
    },
    close: async () => undefined,
  };
}

/** Names that nobody else makes: 16 random bytes for all of this process, and a number. */
function temporaryNames(): () => string {
  const start = randomBytes(16).toString('base64url');
  let made = 0;
  return () => `.${start}${made++}.tmp`;
}

async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(path, error);
  }
}

/** Tells the size of each that is a file. */
async function sizesOf(
  root: string,
  keys: readonly StorageKey[],
  pace: Pace,
  tell: (key: StorageKey, sizeBytes: number) => void,
): Promise<void> {
  await inParallel(keys, PARALLEL, async (key) => {
    const path = join(root, key);
    const found = pace.isFast() ? pace.measure(() => statNow(path)) : await statIfThere(path);
    if (found?.isFile()) tell(key, found.size);
  });
}

function statNow(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (diskErrorCode(error) === 'ENOTDIR') return undefined;
    throw diskFailure(path, error);
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (diskErrorCode(error) === 'ENOENT' || diskErrorCode(error) === 'ENOTDIR') return undefined;
    throw diskFailure(path, error);
  }
}

async function measureFile(path: string) {
  const found = await statIfThere(path);
  if (found?.isFile() !== true) return undefined;
  return { sizeBytes: found.size, modifiedMs: Math.max(found.mtimeMs, found.ctimeMs) };
}

async function makeFolder(root: string, folder: string, isShared: boolean): Promise<void> {
  const first = await attempt(folder, () => mkdir(folder, { recursive: true }));
  if (!isShared || first === undefined) return;
  // 02775, as DVC has it: what is made within belongs to the same group.
  for (let at = folder; at.length >= first.length && at !== dirname(root); at = dirname(at)) {
    await attempt(at, () => chmod(at, 0o2775));
  }
}

/** A copy that shares its blocks with the file where the file system can, under another name until it is whole. */
async function putFile(source: SourceFile, to: string, temporary: string, pace: Pace): Promise<void> {
  const { path: from, sizeBytes } = source;
  try {
    if (sizeBytes <= SMALL_BYTES && pace.isFast()) {
      pace.measure(() => {
        const bytes = readSmall(from);
        if (bytes?.length !== sizeBytes || !isSame(statSync(from), source)) throw sourceChanged(from);
        replaceSmall(to, temporary, bytes, 0o444);
      });
      return;
    }
    await copyFile(from, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    if ((await stat(temporary)).size !== sizeBytes || !isSame(await stat(from), source)) throw sourceChanged(from);
    await chmod(temporary, 0o444);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (diskErrorCode(error) === 'ENOENT' && (await statIfThere(from)) === undefined) throw sourceChanged(from, error);
    throw diskFailure(to, error);
  }
}

/** @returns undefined for an object that is not small, or that has to be looked at more closely */
function getSmall(
  key: StorageKey,
  from: string,
  to: string,
  options: GetOptions | undefined,
  pace: Pace,
): number | undefined {
  try {
    return pace.measure(() => {
      const bytes = readSmall(from);
      if (bytes === undefined) return undefined;
      options?.observe?.()(bytes);
      writeSmall(to, bytes, undefined);
      return bytes.length;
    });
  } catch (error) {
    if (diskErrorCode(error) === 'ENOENT' || diskErrorCode(error) === 'EISDIR') throw noSuchObject(key, error);
    throw diskFailure(to, error);
  }
}

async function copyOut(key: StorageKey, from: string, to: string, expected: Stats): Promise<number> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (diskErrorCode(error) !== 'EEXIST') await rm(to, { force: true }).catch(() => undefined);
    if (diskErrorCode(error) === 'ENOENT' && (await statIfThere(from)) === undefined) throw noSuchObject(key, error);
    throw diskFailure(to, error);
  }
  // The copy has the mode of the object, which nobody may write.
  await attempt(to, () => chmod(to, 0o644));
  const { size } = await attempt(to, () => stat(to));
  if (size === expected.size) return size;
  await rm(to, { force: true });
  throw truncated(key, size, expected.size);
}

async function readOut(
  key: StorageKey,
  from: string,
  to: string,
  expected: Stats,
  { observe }: GetOptions,
): Promise<number> {
  const source = await attempt(from, () => open(from, 'r'));
  try {
    return await writeNewFile(to, async (file) => {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, expected.size)));
      const see = observe?.();
      let size = 0;
      for (;;) {
        const { bytesRead } = await attempt(from, () => source.read(buffer, 0, buffer.length));
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        see?.(chunk);
        await writeFully(file, to, chunk);
        size += bytesRead;
      }
      if (size !== expected.size) throw truncated(key, size, expected.size);
      return size;
    });
  } finally {
    await source.close().catch(() => undefined);
  }
}

/** The folder that a prefix ends in, and what is below it, folder by folder. */
async function* listFolder(root: string, prefix: string, pace: Pace): AsyncGenerator<readonly StoredObject[]> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const waiting = [start];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const batch: StoredObject[] = [];
    const files: StorageKey[] = [];
    const entries = await entriesOf(join(root, folder));
    for (const entry of entries.filter(({ name }) => !isTemporaryName(name))) {
      const key = `${folder}${entry.name}`;
      if (!(entry.isDirectory() ? `${key}/` : key).startsWith(prefix)) continue;
      if (entry.isDirectory()) waiting.push(`${key}/`);
      else if (isStorageKey(key)) files.push(key);
    }
    await sizesOf(root, files, pace, (key, sizeBytes) => batch.push({ key, sizeBytes }));
    if (batch.length > 0) yield batch;
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (diskErrorCode(error) === 'ENOENT') return [];
    throw diskFailure(folder, error);
  }
}
