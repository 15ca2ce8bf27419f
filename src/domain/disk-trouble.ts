/** What to do when the operating system says no to a path. */
const HINTS: Readonly<Record<string, (path: string) => string>> = {
  EACCES: whoMay,
  EPERM: whoMay,
  EROFS: (path) => `df '${path}' shows which file system it is`,
  ENOSPC: makeRoom,
  EDQUOT: makeRoom,
};

/** @returns undefined where there is nothing better to say than to run the command again */
export function diskHint(code: string | undefined, path: string): string | undefined {
  return code === undefined ? undefined : HINTS[code]?.(path);
}

function whoMay(path: string): string {
  return `ls -ld '${path}', or the folders above it, shows who may`;
}

function makeRoom(): string {
  return 'make room there, then the same command again: what is complete stays';
}
