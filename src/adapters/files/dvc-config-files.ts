import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../domain/digest.ts';
import { CONFIG_LEVELS, type ConfigFile, type ConfigLevel } from '../../domain/dvc-config.ts';
import { CmfError } from '../../domain/errors.ts';
import type { DvcConfigFiles } from '../../ports/dvc-config-files.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { readBytes } from './read-text.ts';
import { writeMerged } from './replace-file.ts';
import { withLock } from './with-lock.ts';

type Places = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: string;
  /** Absolute, for lock files. */
  readonly lockDirectory: string;
};

/** DVC's configuration files on this machine. */
export function createDvcConfigFiles(places: Places): DvcConfigFiles {
  const pathOf = (root: string, level: ConfigLevel): string => {
    if (level === 'repository') return join(root, '.dvc/config');
    if (level === 'local') return join(root, '.dvc/config.local');
    return join(folderOf(level, places), 'config');
  };
  return {
    home: places.home,
    pathOf,
    read: async (root) =>
      CONFIG_LEVELS.flatMap((level): ConfigFile[] => {
        const path = pathOf(root, level);
        const text = readConfig(path);
        return text === undefined ? [] : [{ level, path, text }];
      }),
    change: async (root, level, edit) => {
      const path = pathOf(root, level);
      const lock = join(places.lockDirectory, `${sha256Hex(path).slice(0, 32)}.lock`);
      // A link to a file stays a link.
      const target = realPath(path);
      const mode = level === 'local' ? 0o600 : undefined;
      return withLock(lock, () => writeMerged(target, () => edit(readConfig(target)), mode).changed);
    },
  };
}

/** As DVC's own look-up has it: a variable of DVC, else the desktop's, else the system's usual folder. */
function folderOf(level: 'system' | 'user', { env, home, platform }: Places): string {
  const isMac = platform === 'darwin';
  const said = (name: string): string | undefined => env[name] || undefined;
  if (level === 'system') {
    const shared = said('XDG_CONFIG_DIRS')?.split(':')[0] || (isMac ? '/Library/Application Support' : '/etc/xdg');
    return said('DVC_SYSTEM_CONFIG_DIR') ?? join(shared, 'dvc');
  }
  const own = said('XDG_CONFIG_HOME') ?? (isMac ? `${home}/Library/Application Support` : `${home}/.config`);
  return said('DVC_GLOBAL_CONFIG_DIR') ?? join(own, 'dvc');
}

function readConfig(path: string): string | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  throw new CmfError('damaged', {
    message: `${path} is not UTF-8 text`,
    hint: 'DVC cannot read it either; mend the file',
  });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return path;
    throw fileFailure(error, path);
  }
}
