import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder, by path: kind, mode and hash of its content. To compare with `assert.equal`. */
export type FolderSnapshot = Readonly<Record<string, string>>;

/** Takes a snapshot of a folder; what the pattern matches is left out. */
export function folderSnapshot(folder: string, except?: RegExp): FolderSnapshot {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (except?.test(name) === true) continue;
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isFile()) {
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      found[name] = `file ${stat.mode.toString(8)} ${hash}`;
    } else found[name] = stat.isSymbolicLink() ? `link ${readlinkSync(path)}` : `other ${stat.mode.toString(8)}`;
  }
  return found;
}
