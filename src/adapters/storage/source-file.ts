/** The local file that an object is made of. Somebody may change it or take it away while it is sent. */
import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sourceChanged } from '../../domain/storage-failure.ts';
import type { SourceFile } from '../../ports/object-storage.ts';
import { diskErrorCode, diskFailure } from './disk-failure.ts';

/** @throws StorageFailure for one that is gone, or that the system does not open */
export async function openSource(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw diskErrorCode(error) === 'ENOENT' ? sourceChanged(path, error) : diskFailure(path, error);
  }
}

/** @throws StorageFailure when it is not the file any more that the caller looked at */
export async function requireSame(file: FileHandle, source: SourceFile): Promise<void> {
  const stats = await file.stat().catch((error: unknown) => {
    throw diskFailure(source.path, error);
  });
  if (!isSame(stats, source)) throw sourceChanged(source.path);
}

/** True for a file that has its size and was not written to. */
export function isSame({ size, mtimeMs }: Stats, { sizeBytes, modifiedMs = mtimeMs }: SourceFile): boolean {
  return size === sizeBytes && mtimeMs === modifiedMs;
}
