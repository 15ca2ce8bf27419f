/** The storages of DVC's configuration: looking at them, and changing them in `.dvc/config` or `.dvc/config.local`. */
import { isAbsolute, resolve } from 'node:path';
import { type DvcConfig, readDvcConfig, relativePath, resolvePath } from '../domain/dvc-config.ts';
import { type ConfigEdit, editConfig } from '../domain/dvc-config-edit.ts';
import { isSecretKey, knownKeys, type StorageKind, settingProblem } from '../domain/dvc-remote-keys.ts';
import { CmfError } from '../domain/errors.ts';
import type { RetryPolicy } from '../domain/retry.ts';
import { defaultStorageName, findStorage, referringTo, type Storage } from '../domain/storage.ts';
import { parseStorageUrl, typedStorageUrl } from '../domain/storage-url.ts';
import { withoutCredentials } from '../domain/without-credentials.ts';
import type { DvcConfigFiles } from '../ports/dvc-config-files.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import type { PointerFiles } from '../ports/pointer-files.ts';
import type { Context } from './clone.ts';

/** What the use-cases of this file are given. */
export type StorageContext = Pick<Context, 'repository'> & {
  readonly config: DvcConfigFiles;
  readonly pointers: PointerFiles;
  /**
   * Makes ready to reach a storage; nothing is asked of it yet.
   * @throws CmfError `refused` for one that git cmf cannot reach, or for settings that it cannot follow
   */
  readonly open: (storage: Storage, policy?: RetryPolicy) => Promise<ObjectStorage>;
};

/** The files that git cmf writes; those of the user and the system are DVC's. */
export type WrittenLevel = 'repository' | 'local';

/** `key=value`, in DVC's names. */
export type NewSetting = readonly [key: string, value: string];

/** DVC's configuration as it is for this work tree. */
export async function readConfig(context: StorageContext): Promise<DvcConfig> {
  const files = await context.config.read(requireWorktree(context));
  return readDvcConfig(files, context.config.home);
}

export type AddRequest = {
  readonly name: string;
  /** As it was typed. */
  readonly url: string;
  /** The folder in which it was typed. */
  readonly currentDirectory: string;
  readonly level: WrittenLevel;
  readonly isDefault: boolean;
  readonly settings: readonly NewSetting[];
};

/**
 * Names a storage in the configuration. Doing it again changes nothing.
 * @returns the storage, and whether a file was changed
 * @throws CmfError `usage`; `refused` for another URL than the one that is there, and for secrets in the committed file
 */
export async function addStorage(context: StorageContext, request: AddRequest): Promise<Changed> {
  const root = requireWorktree(context);
  const name = checkName(request.name);
  const url = configuredUrl(request, root);
  const settings = checkSettings(kindOf(url), name, request.settings, request.level);
  const present = (await readLevel(context, request.level)).remotes.get(name)?.get('url')?.value;
  if (present !== undefined && present !== resolvePath(url, `${root}/.dvc`, context.config.home)) {
    throw new CmfError('refused', {
      message: `there is a storage '${name}' with another URL: ${withoutCredentials(String(present))}`,
      hint: `git cmf storage remove ${name} first, or take another name`,
    });
  }
  await context.pointers.ensureDvcFolder(root);
  const section = { remote: name };
  const edits: ConfigEdit[] = request.isDefault ? [{ kind: 'set', section: 'core', key: 'remote', value: name }] : [];
  if (present === undefined) edits.push({ kind: 'set', section, key: 'url', value: url });
  for (const [key, value] of settings) edits.push({ kind: 'set', section, key, value });
  return { storage: name, changed: await change(context, request.level, edits) };
}

export type Changed = { readonly storage: string; readonly changed: boolean };

export type SetRequest = {
  readonly name: string;
  readonly level: WrittenLevel;
  readonly settings: readonly NewSetting[];
  /** Keys to take out. */
  readonly unset: readonly string[];
};

/**
 * Changes keys of a storage that is there.
 * @throws CmfError `not-found`, `usage`, `refused` as addStorage
 */
export async function setStorage(context: StorageContext, request: SetRequest): Promise<Changed> {
  const storage = findStorage(await readConfig(context), request.name);
  if (request.level === 'repository' && storage.level === 'local') throw localOnly(storage.name, 'set');
  const { address } = storage;
  if (address.kind === 'other') {
    throw new CmfError('refused', {
      message: `git cmf does not know the keys of ${address.scheme}:// storages`,
      hint: `dvc remote modify ${storage.name} KEY VALUE`,
    });
  }
  const settings = checkSettings(address.kind, storage.name, request.settings, request.level);
  const section = { remote: storage.name };
  if (request.unset.includes('url')) {
    throw new CmfError('usage', {
      message: 'a storage without a URL would stop every DVC command',
      hint: `git cmf storage remove ${storage.name}`,
    });
  }
  const edits: ConfigEdit[] = [
    ...request.unset.map((key): ConfigEdit => ({ kind: 'unset', section, key: key.toLowerCase() })),
    ...settings.map(([key, value]): ConfigEdit => ({ kind: 'set', section, key, value })),
  ];
  return { storage: storage.name, changed: await change(context, request.level, edits) };
}

/**
 * Makes a storage the default one.
 * @returns the storage that now is the default one, which a file of a higher level may have named
 */
export async function setDefaultStorage(context: StorageContext, name: string, level: WrittenLevel): Promise<Changed> {
  const value = await defaultable(context, name, level);
  const changed = await change(context, level, [{ kind: 'set', section: 'core', key: 'remote', value }]);
  return { storage: defaultStorageName(await readConfig(context)) ?? value, changed };
}

/** DVC fails for everybody else where the committed file names a storage that only this clone knows. */
async function defaultable(context: StorageContext, name: string, level: WrittenLevel): Promise<string> {
  const storage = findStorage(await readConfig(context), name);
  if (level === 'repository' && storage.level === 'local') throw localOnly(storage.name, 'default');
  return storage.name;
}

function localOnly(name: string, action: string): CmfError {
  return new CmfError('refused', {
    message: `the storage '${name}' is known in this clone only (.dvc/config.local)`,
    hint:
      action === 'set' ? `git cmf storage set ${name} --local KEY=VALUE` : `git cmf storage ${action} ${name} --local`,
  });
}

/**
 * Takes a storage out of the configuration, with what is said of it as the default one. Nothing that it holds is touched.
 * @param localOnly true: out of `.dvc/config.local` only
 * @throws CmfError `not-found`; `refused` when another storage refers to it
 */
export async function removeStorage(context: StorageContext, typed: string, localOnly: boolean): Promise<string> {
  const name = typed.toLowerCase();
  const config = await readConfig(context);
  // The local one goes first: without the URL of the other it would stop every DVC command.
  const levels: readonly WrittenLevel[] = localOnly ? ['local'] : ['local', 'repository'];
  const owners = await Promise.all(levels.map(async (level) => ({ level, own: await readLevel(context, level) })));
  if (!owners.some(({ own }) => own.remotes.has(name))) throw notHere(context, config, name);
  const others = referringTo(config, name);
  if (others.length > 0) {
    throw new CmfError('refused', {
      message: `the storage '${name}' is where ${others.join(', ')} lies`,
      hint: `git cmf storage remove ${others[0]} first`,
    });
  }
  const stays = localOnly && (await readLevel(context, 'repository')).remotes.has(name);
  for (const { level, own } of owners) {
    const edits: ConfigEdit[] = own.remotes.has(name) ? [{ kind: 'drop', section: { remote: name } }] : [];
    if (!stays && defaultStorageName(own) === name) edits.push({ kind: 'unset', section: 'core', key: 'remote' });
    await change(context, level, edits);
  }
  return name;
}

function notHere(context: StorageContext, config: DvcConfig, name: string): CmfError {
  const level = config.remotes.get(name)?.get('url')?.level;
  if (level === undefined) {
    return new CmfError('not-found', { message: `there is no storage '${name}'`, hint: 'git cmf storage list' });
  }
  const flag = { system: ' --system', user: ' --global', repository: '', local: ' --local' }[level];
  return new CmfError('not-found', {
    message: `the storage '${name}' is named in ${context.config.pathOf(requireWorktree(context), level)}`,
    hint: level === 'repository' ? `git cmf storage remove ${name}` : `dvc remote remove${flag} ${name}`,
  });
}

async function readLevel(context: StorageContext, level: WrittenLevel): Promise<DvcConfig> {
  const files = await context.config.read(requireWorktree(context));
  return readDvcConfig(
    files.filter((file) => file.level === level),
    context.config.home,
  );
}

async function change(context: StorageContext, level: WrittenLevel, edits: readonly ConfigEdit[]): Promise<boolean> {
  if (edits.length === 0) return false;
  const root = requireWorktree(context);
  const path = context.config.pathOf(root, level);
  const isHidden = level === 'repository' || (await context.repository.worktree.isIgnored(path));
  if (!isHidden) {
    throw new CmfError('refused', {
      message: `git does not ignore ${path}, and what stands there must not be committed`,
      hint: 'echo /config.local >> .dvc/.gitignore',
    });
  }
  return context.config.change(root, level, (text) => editConfig(text, edits, path));
}

/** The folder that DVC's configuration belongs to. */
export function requireWorktree({ repository }: Pick<Context, 'repository'>): string {
  const { worktree } = repository.layout;
  if (worktree !== undefined) return worktree;
  throw new CmfError('refused', {
    message: 'a bare repository has no .dvc folder, which names the storages',
    hint: 'run it in a clone',
  });
}

/** @throws CmfError `usage` */
function checkName(typed: string): string {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]*$/u.test(typed)) return typed.toLowerCase();
  throw new CmfError('usage', {
    message: `'${typed}' is no name for a storage: letters, digits and _ . @ + -, beginning with a letter, a digit or _`,
    hint: 'git cmf storage add NAME URL',
  });
}

/** A folder's path as DVC writes it: relative to the file in which it stands, where it was typed so. */
function configuredUrl({ url, currentDirectory }: AddRequest, root: string): string {
  const typed = typedStorageUrl(url);
  if (typed.includes('://') || isAbsolute(typed) || typed === '~' || typed.startsWith('~/')) return typed;
  if (typed.startsWith('~')) {
    throw new CmfError('usage', {
      message: `'${typed}' would be the folder of another user`,
      hint: `./${typed} for a folder of that name; else write the whole path`,
    });
  }
  return relativePath(`${root}/.dvc`, resolve(currentDirectory, typed));
}

function kindOf(url: string): StorageKind {
  const { kind } = parseStorageUrl(url);
  return kind === 'other' ? 'folder' : kind;
}

/** @throws CmfError `usage` for what DVC would refuse; `refused` for a secret in the committed file */
function checkSettings(
  kind: StorageKind,
  name: string,
  settings: readonly NewSetting[],
  level: WrittenLevel,
): readonly NewSetting[] {
  return settings.map(([typed, value]) => {
    const key = typed.toLowerCase();
    const problem = settingProblem(kind, key, value);
    if (problem !== undefined) {
      const isKnown = knownKeys(kind).includes(key);
      throw new CmfError('usage', {
        message: `${key} ${problem}`,
        hint: isKnown ? 'git cmf storage -h' : `it knows ${knownKeys(kind).join(', ')}`,
      });
    }
    if (isSecretKey(key) && level === 'repository') {
      throw new CmfError('refused', {
        message: `${key} is a secret, and .dvc/config is committed`,
        hint: `git cmf storage set ${name} --local ${key}=…`,
      });
    }
    return [key, value];
  });
}
