import type { Disk } from '../ports/disk.ts';

/**
 * What the file system's own clock shows, milliseconds since the epoch: on a shared one it is not this machine's clock, and
 * the age of a file can only be told by the clock that wrote its time.
 * @param probe path of a file that is made for it and removed again
 */
export function fileSystemNowMs(disk: Disk, probe: string): number | undefined {
  disk.writeHint(probe, '');
  const now = disk.stat(probe);
  disk.remove(probe);
  return now?.modifiedMs;
}
