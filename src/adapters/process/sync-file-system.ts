import { execFile } from 'node:child_process';
import { platform } from 'node:os';

/**
 * Makes all that was written to the file system of a folder durable, at once: thousands of files cost one wait.
 * @returns false where this machine has no program that does it; each file has then to be synced by itself
 */
export function syncFileSystem(folder: string): Promise<boolean> {
  // Elsewhere `sync` takes no folder, or does not wait for the disk.
  if (platform() !== 'linux') return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile('sync', ['-f', folder], (error) => resolve(error === null));
  });
}
