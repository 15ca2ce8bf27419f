import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, fileFailure } from './file-failure.ts';

/** The config comes last: it alone says that the folder is complete. */
const FILES: readonly (readonly [path: string, text: string])[] = [
  ['.dvcignore', '# Files that DVC and git cmf leave out of directories, one pattern a line, as in .gitignore.\n'],
  ['.dvc/.gitignore', '/config.local\n/tmp\n/cache\n'],
  ['.dvc/config', ''],
];

/**
 * Makes the folder that tells DVC where its repository begins, unless it is there. Files that exist stay as they are.
 * @returns the files that were made, relative to the root
 */
export function ensureDvcFolder(root: string): readonly string[] {
  if (existsSync(join(root, '.dvc/config'))) return [];
  return FILES.filter(([path, text]) => createFile(join(root, path), text)).map(([path]) => path);
}

function createFile(path: string, text: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw fileFailure(error, path);
  }
}
