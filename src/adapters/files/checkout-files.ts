import { mkdirSync, rmdirSync, unlinkSync } from 'node:fs';
import type { CachePlace } from '../../domain/dvc-cache.ts';
import { folderOf } from '../../domain/repository-path.ts';
import type { CheckoutOrder } from '../../ports/object-cache.ts';
import { type CrewSize, openCheckoutCrew } from './checkout-crew.ts';
import { openCheckoutRoom } from './checkout-room.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { openSupply } from './file-supply.ts';
import { addExecutable } from './make-object.ts';
import { openWorktreeFolders, type WorktreeFolders } from './worktree-folders.ts';

/**
 * Writes files into a work tree. A file is made elsewhere and renamed, so its path never has half of it.
 * @param temporaries where it may be made: the first that lies on the file system of the work tree
 */
export async function checkoutFiles(
  place: CachePlace,
  order: CheckoutOrder,
  temporaries: readonly string[],
  size: CrewSize = {},
): Promise<void> {
  const { root, writesTotal: filesTotal = 0, onProgress } = order;
  makeRoot(root);
  const folders = openWorktreeFolders(root);
  for (const path of order.removes) removeFile(order, folders, path);
  if (order.emptyFolder !== undefined) folders.ensure(order.emptyFolder);
  for (const path of order.executables ?? [])
    if (folders.check(folderOf(path))) addExecutable(`${root}/${path}`, process.umask());
  const supply = openSupply(order.writes);
  if (supply.isEmpty()) return;
  const room = openCheckoutRoom({ root, folders, temporaries, nowMs: () => performance.now() });
  const crew = openCheckoutCrew({ place, room, supply, filesTotal, onProgress, ...size });
  try {
    while (!supply.isEmpty()) {
      try {
        await crew.work();
      } finally {
        // Also what came before one that failed.
        room.release();
      }
    }
  } finally {
    await crew.close();
    room.close();
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
