import { type FileHandle, open, rm } from 'node:fs/promises';
import { diskFailure } from './disk-failure.ts';

/** Makes a file, lets `fill` write it, and removes it when that fails. */
export async function writeNewFile<Result>(path: string, fill: (file: FileHandle) => Promise<Result>): Promise<Result> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o666);
  } catch (error) {
    throw diskFailure(path, error);
  }
  try {
    const result = await fill(file);
    await file.close();
    return result;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes all of a chunk; `writeFile` of a handle would truncate nothing and begin anywhere. */
export async function writeFully(file: FileHandle, path: string, chunk: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  } catch (error) {
    throw diskFailure(path, error);
  }
}
