/** The storages that DVC's configuration names, with what it says of each. */
import type { ConfigLevel, ConfigSetting, DvcConfig } from './dvc-config.ts';
import { configText } from './dvc-config.ts';
import { isSecretKey } from './dvc-remote-keys.ts';
import { CmfError } from './errors.ts';
import { parseStorageUrl, type StorageAddress } from './storage-url.ts';
import { withoutCredentials } from './without-credentials.ts';

/** One storage: where it is, and what its keys say. */
export type Storage = {
  readonly name: string;
  /** As it stands in the configuration, relative paths made absolute. May hold a user's name, never shown with a password. */
  readonly url: string;
  readonly address: StorageAddress;
  /** Without `url`. Those of a storage that the URL refers to are among them. */
  readonly settings: ReadonlyMap<string, ConfigSetting>;
  /** The file that names its URL. */
  readonly level: ConfigLevel;
  readonly isDefault: boolean;
};

/** The name of the default storage; undefined when none is set. */
export function defaultStorageName(config: DvcConfig): string | undefined {
  return configText(config, 'core', 'remote')?.toLowerCase();
}

/**
 * The storage of a name, else the default one.
 * @throws CmfError `not-found` when there is none of that name, or no default; `refused` when its URL is no address
 */
export function findStorage(config: DvcConfig, name?: string): Storage {
  const wanted = name?.toLowerCase() ?? defaultStorageName(config);
  if (wanted === undefined) {
    throw new CmfError('not-found', {
      message: 'no storage is set as the default one',
      hint: config.remotes.size === 0 ? 'git cmf storage add NAME URL --default' : 'git cmf storage default NAME',
    });
  }
  return toStorage(config, wanted);
}

/** All storages; one that cannot be understood comes as its error. */
export function listStorages(
  config: DvcConfig,
): readonly (Storage | { readonly name: string; readonly error: CmfError })[] {
  return [...config.remotes.keys()].map((name) => {
    try {
      return toStorage(config, name);
    } catch (error) {
      if (error instanceof CmfError) return { name, error };
      throw error;
    }
  });
}

function toStorage(config: DvcConfig, name: string): Storage {
  const { url, level, settings } = resolve(config, name, []);
  return {
    name,
    url,
    address: parseStorageUrl(url),
    settings,
    level,
    isDefault: name === defaultStorageName(config),
  };
}

type Resolved = Pick<Storage, 'url' | 'level' | 'settings'>;

/** `remote://other/sub` is a folder within another storage, with that one's keys where it has none of its own. */
function resolve(config: DvcConfig, name: string, trail: readonly string[]): Resolved {
  const own = config.remotes.get(name);
  if (own === undefined) {
    throw new CmfError('not-found', { message: `there is no storage '${name}'`, hint: 'git cmf storage list' });
  }
  const url = own.get('url');
  if (typeof url?.value !== 'string') {
    throw new CmfError('refused', {
      message: `the storage '${name}' has no URL, and DVC fails for every command because of it`,
      hint: `git cmf storage remove ${name}`,
    });
  }
  const settings = new Map([...own].filter(([key]) => key !== 'url'));
  const [, base, sub = ''] = /^remote:\/\/([^/]*)(.*)$/s.exec(url.value) ?? [];
  if (base === undefined) return { url: url.value, level: url.level, settings };
  if (trail.includes(name)) throw new CmfError('refused', { message: `the storage '${name}' refers to itself` });
  const other = resolve(config, base.toLowerCase(), [...trail, name]);
  return {
    url: `${other.url}/${sub.replace(/^\/+/, '')}`,
    level: url.level,
    settings: new Map([...other.settings, ...settings]),
  };
}

/** The storages whose URLs refer to this one. */
export function referringTo(config: DvcConfig, name: string): readonly string[] {
  const pattern = /^remote:\/\/([^/]*)/;
  return [...config.remotes]
    .filter(([, settings]) => {
      const url = settings.get('url')?.value;
      return typeof url === 'string' && pattern.exec(url)?.[1]?.toLowerCase() === name;
    })
    .map(([one]) => one);
}

/** A text of a setting; undefined where it is not said, or is a list. */
export function settingText(storage: Pick<Storage, 'settings'>, key: string): string | undefined {
  const value = storage.settings.get(key)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** The URL without user and password, to be shown. */
export function shownUrl({ url }: Pick<Storage, 'url'>): string {
  return withoutCredentials(url);
}

/** The settings that may be shown, and the names of those that may not. */
export function shownSettings({ settings }: Pick<Storage, 'settings'>): {
  readonly shown: readonly (readonly [key: string, value: string])[];
  readonly secrets: readonly string[];
} {
  const all = [...settings].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    shown: all.filter(([key]) => !isSecretKey(key)).map(([key, { value }]) => [key, [value].flat().join(', ')]),
    secrets: all.filter(([key]) => isSecretKey(key)).map(([key]) => key),
  };
}
