/**
 * Resolves a path against a folder, both relative to the top of the repository, with `/`. Purely by text: no link is
 * followed, nothing is read.
 *
 * @param folder empty or `.` for the top
 * @returns the path without `.` and `..` (empty for the top itself); undefined when it leads outside or is absolute
 */
export function resolveInRepository(folder: string, path: string): string | undefined {
  if (path.startsWith('/')) return undefined;
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** The folder of a path that is relative to the top of the repository; empty for the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
