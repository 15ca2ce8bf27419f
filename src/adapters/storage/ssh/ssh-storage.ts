import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { noSuchObject, type StorageFailure, sourceChanged, truncated } from '../../../domain/storage-failure.ts';
import { isStorageKey, isTemporaryName, type StorageKey } from '../../../domain/storage-key.ts';
import type {
  GetOptions,
  ObjectStorage,
  SourceFile,
  StoredObject,
  UnfinishedFile,
} from '../../../ports/object-storage.ts';
import type { RunningProgram } from '../../../ports/programs.ts';
import { diskFailure } from '../disk-failure.ts';
import { findUnfinished } from '../find-unfinished.ts';
import { inParallel } from '../in-parallel.ts';
import { writeFully, writeNewFile } from '../new-file.ts';
import { openSource, requireSame } from '../source-file.ts';
import { openChannel, type SftpChannel } from './sftp-channel.ts';
import { CHUNK_BYTES, isNotThere, type SftpFiles, sftpFiles, WINDOW } from './sftp-files.ts';
import type { SftpAttributes } from './sftp-packets.ts';

export type SshOptions = {
  /** Starts ssh with the subsystem sftp. */
  readonly start: () => RunningProgram;
  readonly explain: (exitCode: number, stderr: string) => StorageFailure;
  /** On the host, without a slash at the end; empty for where one logs in. */
  readonly root: string;
};

/** Objects in one session. */
const PARALLEL = 16;
/** Questions without bytes. */
const QUESTIONS = 64;

/** A folder of another machine, through the user's own ssh. One session serves everything; one that broke is made anew. */
export function sshStorage({ start, explain, root }: SshOptions): ObjectStorage {
  let session: Promise<Session> | undefined;
  const connect = async (): Promise<Session> => {
    const channel = await openChannel(start(), explain);
    return { channel, files: sftpFiles(channel), made: new Set() };
  };
  const ready = async (): Promise<Session> => {
    for (;;) {
      session ??= connect();
      const mine = session;
      const current = await mine.catch((error: unknown) => {
        if (session === mine) session = undefined;
        throw error;
      });
      if (current.channel.isOpen()) return current;
      if (session === mine) session = undefined;
    }
  };
  const at = (key: string): string => (root === '' ? key : `${root === '/' ? '' : root}/${key}`);
  return {
    parallel: PARALLEL,
    async *list(prefix) {
      yield* listFolder((await ready()).files, at, prefix);
    },
    sizes: async (keys) => {
      const { files } = await ready();
      const sizes = new Map<StorageKey, number>();
      await inParallel(keys, QUESTIONS, async (key) => {
        const found = await files.stat(at(key));
        if (found?.kind === 'file' && found.sizeBytes !== undefined) sizes.set(key, found.sizeBytes);
      });
      return sizes;
    },
    put: async (key, source) => upload(await ready(), at(key), source),
    get: async (key, path, options) => download((await ready()).files, { key, from: at(key), to: path, ...options }),
    unfinished: async () => unfinishedIn((await ready()).files, at),
    remove: async (key) => {
      await (await ready()).files.remove(at(key));
    },
    // What the host does with its disk is the host's.
    settle: async () => undefined,
    close: async () => {
      const current = await session?.catch(() => undefined);
      session = undefined;
      await current?.channel.close();
    },
  };
}

type Session = {
  readonly channel: SftpChannel;
  readonly files: SftpFiles;
  /** Folders that are surely there. */
  readonly made: Set<string>;
};

async function upload({ files, made }: Session, to: string, source: SourceFile): Promise<void> {
  const file = await openSource(source.path);
  const slash = to.lastIndexOf('/');
  const folder = slash < 0 ? '' : to.slice(0, slash);
  const temporary = `${slash < 0 ? '' : `${folder}/`}.${randomBytes(16).toString('base64url')}.tmp`;
  let isThere = false;
  try {
    const handle = await openInFolder(files, made, folder, temporary);
    isThere = true;
    await sendAll(files, { file, handle, temporary, source });
    await files.close(temporary, handle);
    await files.rename(temporary, to);
  } catch (error) {
    if (isThere) await files.remove(temporary).catch(() => undefined);
    throw error;
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function openInFolder(files: SftpFiles, made: Set<string>, folder: string, path: string): Promise<Buffer> {
  if (made.has(folder)) {
    try {
      return await files.openNew(path);
    } catch (error) {
      if (!isNotThere(error)) throw error;
    }
  }
  await files.makeFolders(folder);
  made.add(folder);
  return files.openNew(path);
}

type Sending = {
  readonly file: FileHandle;
  readonly handle: Buffer;
  readonly temporary: string;
  readonly source: SourceFile;
};

/** Many pieces on their way at once; the file on the other side must end with as many bytes as there are here. */
async function sendAll(files: SftpFiles, { file, handle, temporary, source }: Sending): Promise<void> {
  const { path, sizeBytes } = source;
  await requireSame(file, source);
  await inParallel(offsets(sizeBytes), WINDOW, async (offset) => {
    const piece = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes - offset));
    const { bytesRead } = await file.read(piece, 0, piece.length, offset).catch((error: unknown) => {
      throw diskFailure(path, error);
    });
    if (bytesRead !== piece.length) throw sourceChanged(path);
    await files.write(temporary, handle, offset, piece);
  });
  await requireSame(file, source);
  const stored = await files.sizeOf(temporary, handle);
  if (stored !== sizeBytes) throw truncated(temporary, stored, sizeBytes);
}

function* offsets(sizeBytes: number): Generator<number> {
  for (let offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) yield offset;
}

type Download = GetOptions & { readonly key: StorageKey; readonly from: string; readonly to: string };

async function download(files: SftpFiles, { key, from, to, observe }: Download): Promise<number> {
  const handle = await files.openToRead(from).catch((error: unknown) => {
    throw isNotThere(error) ? noSuchObject(key, error) : error;
  });
  try {
    const sizeBytes = await files.sizeOf(from, handle);
    return await writeNewFile(to, async (file) => {
      const see = observe?.();
      let size = 0;
      for await (const bytes of pieces(files, from, handle, sizeBytes)) {
        see?.(bytes);
        await writeFully(file, to, bytes);
        size += bytes.length;
      }
      if (size !== sizeBytes) throw truncated(key, size, sizeBytes);
      return size;
    });
  } finally {
    await files.close(from, handle).catch(() => undefined);
  }
}

/** The pieces of a file in order, of which many are on their way at once. */
async function* pieces(files: SftpFiles, path: string, handle: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  const rest = offsets(sizeBytes);
  const underway: Promise<Buffer>[] = [];
  const ask = (): void => {
    const next = rest.next();
    if (next.done) return;
    const piece = readPiece(files, path, handle, next.value, Math.min(CHUNK_BYTES, sizeBytes - next.value));
    // Whoever waits for it learns of its failure; others must not bring the process down.
    piece.catch(() => undefined);
    underway.push(piece);
  };
  for (let i = 0; i < WINDOW; i++) ask();
  for (let piece = underway.shift(); piece !== undefined; piece = underway.shift()) {
    const bytes = await piece;
    if (bytes.length > 0) yield bytes;
    ask();
  }
}

/** A server may answer with less than was asked for. */
async function readPiece(
  files: SftpFiles,
  path: string,
  handle: Buffer,
  offset: number,
  length: number,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let got = 0; got < length; ) {
    const bytes = await files.read(path, handle, offset + got, length - got);
    if (bytes.length === 0) break;
    parts.push(bytes);
    got += bytes.length;
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** The folder that a prefix ends in, and what is below it; a few folders at once. */
async function* listFolder(
  files: SftpFiles,
  at: (key: string) => string,
  prefix: string,
): AsyncGenerator<readonly StoredObject[]> {
  let waiting = [prefix.slice(0, prefix.lastIndexOf('/') + 1)];
  while (waiting.length > 0) {
    const now = waiting.splice(0, PARALLEL);
    const found: StoredObject[] = [];
    const below: string[] = [];
    await inParallel(now, PARALLEL, async (folder) => {
      for await (const entries of files.entries(folderAt(at, folder))) {
        const within = entries.map((entry) => ({ ...entry, key: `${folder}${entry.name}` }));
        below.push(...foldersIn(within, prefix));
        found.push(...objectsIn(within, prefix));
      }
    });
    waiting = [...below, ...waiting];
    if (found.length > 0) yield found;
  }
}

function unfinishedIn(files: SftpFiles, at: (key: string) => string): Promise<readonly UnfinishedFile[]> {
  return findUnfinished({
    parallel: PARALLEL,
    entriesIn: async (folder) => {
      const found: { readonly name: string; readonly isFolder: boolean }[] = [];
      for await (const entries of files.entries(folderAt(at, folder))) {
        found.push(...entries.map(({ name, attributes }) => ({ name, isFolder: attributes.kind === 'folder' })));
      }
      return found;
    },
    measure: async (key) => {
      const { kind, sizeBytes = 0, modifiedMs } = (await files.stat(at(key))) ?? {};
      return kind === 'file' && modifiedMs !== undefined ? { sizeBytes, modifiedMs } : undefined;
    },
  });
}

/** The path of a folder, which ends in a slash or is empty. */
function folderAt(at: (key: string) => string, folder: string): string {
  return at(folder).replace(/(.)\/$/, '$1') || '.';
}

type Entry = { readonly key: string; readonly name: string; readonly attributes: SftpAttributes };

function foldersIn(entries: readonly Entry[], prefix: string): string[] {
  return entries
    .filter(({ attributes }) => attributes.kind === 'folder')
    .map(({ key }) => `${key}/`)
    .filter((folder) => folder.startsWith(prefix));
}

function objectsIn(entries: readonly Entry[], prefix: string): StoredObject[] {
  return entries.flatMap(({ key, name, attributes: { kind, sizeBytes = 0 } }) => {
    const isObject = kind === 'file' && key.startsWith(prefix) && !isTemporaryName(name);
    return isObject && isStorageKey(key) ? [{ key, sizeBytes }] : [];
  });
}
