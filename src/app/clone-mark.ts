/**
 * How a clone knows itself from its copies. `cp -r`, an image or a restored backup brings writer.json and key along, and
 * makes a new file of each; the mark beside them remembers which file they were.
 *
 *     <common git dir>/cmf/self     {"bornMs":<ms, 0: unknown>,"inode":"<decimal>","writer":<writer>}
 *
 * Inode and time of birth stay the same under `mv` within a file system, through symbolic links and bind mounts, and on
 * every machine that mounts the file system; so neither path, host nor device is asked. A copy that has the same inode and
 * birth all the same (an image of a whole disk) is not noticed, which is safe: the merge is a union.
 */
import type { WriterId } from '../domain/ids.ts';
import type { Disk } from '../ports/disk.ts';

type Mark = { readonly bornMs: number; readonly inode: string; readonly writer: WriterId };

/** What the mark says: this is where the writer was made, a copy of it, or nothing. */
export type MarkVerdict = 'original' | 'copy' | 'unmarked';

/**
 * Asks the mark. One of another writer was left behind by a crash, and says nothing.
 * @param directory the clone's own folder
 */
export function readMark(disk: Disk, directory: string, writer: WriterId): MarkVerdict {
  const mark = parse(disk.read(`${directory}/self`));
  if (mark?.writer !== writer) return 'unmarked';
  const now = markOf(disk, directory, writer);
  const isReborn = mark.bornMs !== 0 && now.bornMs !== 0 && mark.bornMs !== now.bornMs;
  return mark.inode !== now.inode || isReborn ? 'copy' : 'original';
}

/** Marks the clone as the place where its writer is. */
export function writeMark(disk: Disk, directory: string, writer: WriterId): void {
  disk.replace(`${directory}/self`, JSON.stringify(markOf(disk, directory, writer)));
}

function markOf(disk: Disk, directory: string, writer: WriterId): Mark {
  const stat = disk.stat(`${directory}/writer.json`);
  return { bornMs: stat?.bornMs ?? 0, inode: String(stat?.inode ?? 0), writer };
}

function parse(bytes: Uint8Array | undefined): Partial<Mark> | undefined {
  try {
    return (JSON.parse(Buffer.from(bytes ?? new Uint8Array()).toString('utf8')) as Partial<Mark> | null) ?? undefined;
  } catch {
    return undefined;
  }
}
