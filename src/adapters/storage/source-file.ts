/** The local file that an object is made of. Somebody may change it or take it away while it is sent. */
import { type FileHandle, open } from 'node:fs/promises';
import { sourceChanged } from '../../domain/storage-failure.ts';
import { diskErrorCode, diskFailure } from './disk-failure.ts';

/** @throws StorageFailure for one that is gone, or that the system does not open */
export async function openSource(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw diskErrorCode(error) === 'ENOENT' ? sourceChanged(path, error) : diskFailure(path, error);
  }
}

/** @throws StorageFailure when it has not this size any more */
export async function requireSize(file: FileHandle, path: string, sizeBytes: number): Promise<void> {
  if ((await sizeOf(file, path)) !== sizeBytes) throw sourceChanged(path);
}

async function sizeOf(file: FileHandle, path: string): Promise<number> {
  try {
    return (await file.stat()).size;
  } catch (error) {
    throw diskFailure(path, error);
  }
}
