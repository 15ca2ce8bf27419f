import { StorageFailure } from '../../../domain/storage-failure.ts';
import type { SftpChannel } from './sftp-channel.ts';
import {
  type Field,
  NO_ATTRIBUTES,
  OPEN,
  POSIX_RENAME,
  REQUEST,
  type SftpAttributes,
  type SftpReply,
  STATUS,
} from './sftp-packets.ts';

/** What every server takes in one packet. */
export const CHUNK_BYTES = 32 * 1024;
/** Pieces of one file on their way at once: 2 MiB, which fills a fast line to the other side of the world. */
export const WINDOW = 64;

type Handle = Buffer;

/** Files on the other side. A path that is not there is undefined or false, everything else a StorageFailure. */
export type SftpFiles = ReturnType<typeof sftpFiles>;

export function sftpFiles(channel: SftpChannel) {
  const ask: Ask = async (what, type, fields) => {
    const reply = await channel.request(type, fields);
    const isRefused = reply.type === 'status' && reply.code !== STATUS.ok && reply.code !== STATUS.eof;
    if (isRefused) throw statusFailure(what, reply);
    return reply;
  };
  return { ...openFiles(ask), ...paths(channel, ask) };
}

function openFiles(ask: Ask) {
  const open = async (path: string, flags: number): Promise<Handle> =>
    handleIn(path, await ask(path, REQUEST.open, [{ text: path }, { u32: flags }, NO_ATTRIBUTES]));
  return {
    openToRead: (path: string) => open(path, OPEN.read),
    openNew: (path: string) => open(path, OPEN.write | OPEN.create | OPEN.exclusive),
    close: (path: string, handle: Handle) => closeHandle(ask, path, handle),
    sizeOf: async (path: string, handle: Handle): Promise<number> => {
      const { sizeBytes } = attributesIn(path, await ask(path, REQUEST.fstat, [{ text: handle }]));
      if (sizeBytes !== undefined) return sizeBytes;
      throw new StorageFailure('environment', { message: `${path}: the server tells no sizes` });
    },
    /** Up to so many bytes from there; empty at the end. */
    read: async (path: string, handle: Handle, offset: number, length: number): Promise<Buffer> => {
      const reply = await ask(path, REQUEST.read, [{ text: handle }, { u64: offset }, { u32: length }]);
      return reply.type === 'data' ? reply.bytes : Buffer.alloc(0);
    },
    write: async (path: string, handle: Handle, offset: number, bytes: Uint8Array): Promise<void> => {
      await ask(path, REQUEST.write, [{ text: handle }, { u64: offset }, { text: bytes }]);
    },
  };
}

function paths(channel: SftpChannel, ask: Ask) {
  return {
    /** What a path is, links followed. */
    stat: (path: string): Promise<SftpAttributes | undefined> =>
      ifThere(async () => attributesIn(path, await ask(path, REQUEST.stat, [{ text: path }]))),
    /** Takes the place of what is there. */
    rename: (from: string, to: string) => rename(channel, ask, from, to),
    /** @returns false when there is none */
    remove: async (path: string): Promise<boolean> =>
      (await ifThere(() => ask(path, REQUEST.remove, [{ text: path }]))) !== undefined,
    /** Makes a folder and those above it. */
    makeFolders: (path: string) => makeFolders(path, ask),
    /** What is in a folder, piece by piece, without `.` and `..`; nothing where there is none. */
    async *entries(path: string) {
      const handle = await ifThere(async () => handleIn(path, await ask(path, REQUEST.opendir, [{ text: path }])));
      if (handle === undefined) return;
      try {
        for (;;) {
          const reply = await ask(path, REQUEST.readdir, [{ text: handle }]);
          if (reply.type !== 'names') return;
          yield reply.entries.filter(({ name }) => name !== '.' && name !== '..');
        }
      } finally {
        await closeHandle(ask, path, handle).catch(() => undefined);
      }
    },
  };
}

async function closeHandle(ask: Ask, path: string, handle: Handle): Promise<void> {
  await ask(path, REQUEST.close, [{ text: handle }]);
}

async function rename(channel: SftpChannel, ask: Ask, from: string, to: string): Promise<void> {
  if (channel.extensions.has(POSIX_RENAME)) {
    await ask(to, REQUEST.extended, [{ text: POSIX_RENAME }, { text: from }, { text: to }]);
    return;
  }
  const reply = await channel.request(REQUEST.rename, [{ text: from }, { text: to }]);
  if (reply.type === 'status' && reply.code === STATUS.ok) return;
  // Without the extension a name that is taken stays taken.
  await channel.request(REQUEST.remove, [{ text: to }]);
  await ask(to, REQUEST.rename, [{ text: from }, { text: to }]);
}

type Ask = (what: string, type: number, fields: readonly Field[]) => Promise<SftpReply>;

/** The server does not say that a folder is there already: it only says that it failed. */
async function makeFolders(path: string, ask: Ask): Promise<void> {
  const isRoot = path === '' || path === '/' || path === '.';
  if (isRoot) return;
  try {
    await ask(path, REQUEST.mkdir, [{ text: path }, NO_ATTRIBUTES]);
  } catch (failure) {
    const there = await ifThere(async () => attributesIn(path, await ask(path, REQUEST.stat, [{ text: path }])));
    if (there?.kind === 'folder') return;
    if (there !== undefined || !isNotThere(failure)) throw failure;
    const slash = path.lastIndexOf('/');
    await makeFolders(slash <= 0 ? '/' : path.slice(0, slash), ask);
    await ask(path, REQUEST.mkdir, [{ text: path }, NO_ATTRIBUTES]).catch(async (again: unknown) => {
      const made = await ifThere(async () => attributesIn(path, await ask(path, REQUEST.stat, [{ text: path }])));
      if (made?.kind !== 'folder') throw again;
    });
  }
}

function handleIn(path: string, reply: SftpReply): Handle {
  if (reply.type === 'handle') return reply.handle;
  throw unexpected(path, reply);
}

function attributesIn(path: string, reply: SftpReply): SftpAttributes {
  if (reply.type === 'attributes') return reply.attributes;
  throw unexpected(path, reply);
}

function unexpected(path: string, { type }: SftpReply): StorageFailure {
  return new StorageFailure('environment', {
    message: `${path}: the server answers with ${type}, which was not asked for`,
  });
}

async function ifThere<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** True for the failure of a path that is not there. */
export function isNotThere(error: unknown): boolean {
  return error instanceof StorageFailure && error.code === 'not-found';
}

/** The server has one word, "Failure", for a full disk, a quota, a name that is taken and more. */
function statusFailure(
  path: string,
  { code, message }: Extract<SftpReply, { readonly type: 'status' }>,
): StorageFailure {
  if (code === STATUS.noSuchFile) return new StorageFailure('not-found', { message: `${path} is not there` });
  if (code === STATUS.permissionDenied) {
    return new StorageFailure('environment', {
      message: `${path}: permission denied on the host`,
      hint: 'the account that ssh logs in with must own that folder, or be in its group',
    });
  }
  return new StorageFailure('environment', {
    message: `${path}: the host says ${message === '' ? `status ${code}` : `"${message}"`}`,
    hint:
      code === STATUS.failure ? 'most often its disk is full, or a quota used up: df -h there' : 'see what runs there',
  });
}
