import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { CachePlace } from '../../domain/dvc-cache.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { CheckoutFile, CheckoutOrder } from '../../ports/object-cache.ts';
import { type CheckoutRoom, openCheckoutRoom } from './checkout-room.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { openObjectMaker } from './make-object.ts';
import { openWorktreeFolders, type WorktreeFolders } from './worktree-folders.ts';

const TURN_FILES = 256;

/**
 * Writes files into a work tree. A file is made elsewhere and renamed, so its path never has half of it.
 * @param temporaries where it may be made: the first that lies on the file system of the work tree
 */
export async function checkoutFiles(
  place: CachePlace,
  order: CheckoutOrder,
  temporaries: readonly string[],
): Promise<void> {
  const { root } = order;
  makeRoot(root);
  const folders = openWorktreeFolders(root);
  for (const path of order.removes) removeFile(order, folders, path);
  if (order.emptyFolder !== undefined) folders.ensure(order.emptyFolder);
  for (const path of order.executables ?? []) if (folders.check(folderOf(path))) addExecutable(`${root}/${path}`);
  const writes = order.writes[Symbol.iterator]();
  let next = writes.next();
  if (next.done === true) return;
  const room = openCheckoutRoom({ root, folders, temporaries, nowMs: () => performance.now() });
  try {
    const writer = openWriter(place, room);
    for (let files = 1; next.done !== true; files++, next = writes.next()) {
      writer.write(next.value);
      if (files % TURN_FILES !== 0) continue;
      order.onProgress?.({ files, bytes: writer.bytes(), filesTotal: order.writesTotal ?? 0, bytesTotal: 0 });
      await setImmediate();
    }
  } finally {
    // Also what came before one that failed.
    try {
      room.release();
    } finally {
      room.close();
    }
  }
}

function makeRoot(root: string): void {
  try {
    mkdirSync(root, { recursive: true });
  } catch (error) {
    throw fileFailure(error, root);
  }
}

function removeFile({ root, keepFolder }: CheckoutOrder, folders: WorktreeFolders, path: string): void {
  if (!folders.check(folderOf(path))) return;
  try {
    unlinkSync(`${root}/${path}`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, `${root}/${path}`);
  }
  for (let folder = folderOf(path); folder !== keepFolder && folder !== ''; folder = folderOf(folder)) {
    try {
      rmdirSync(`${root}/${folder}`);
      folders.forget(folder);
    } catch {
      // It holds something else.
      return;
    }
  }
}

function openWriter(place: CachePlace, room: CheckoutRoom) {
  const maker = openObjectMaker(place);
  return {
    bytes: maker.bytes,
    write(file: CheckoutFile): void {
      const path = room.placeOf(file.path);
      try {
        maker.make(path, file);
        if (file.executable) addExecutable(path);
      } catch (error) {
        // Half a file must not come along with its folder.
        rmSync(path, { force: true });
        throw error;
      }
      room.settle(file.path);
    },
  };
}

function addExecutable(path: string): void {
  try {
    const stats = lstatSync(path);
    // A link shares its mode with the cache, whose objects stay as they are.
    if (stats.isFile() && (stats.mode & 0o200) !== 0) chmodSync(path, stats.mode | (0o111 & ~process.umask()));
  } catch (error) {
    throw fileFailure(error, path);
  }
}
