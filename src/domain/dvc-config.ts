/**
 * DVC's configuration: files of four levels, of which a later one overrides an earlier one key by key.
 *
 *     system        /etc/xdg/dvc/config
 *     user          ~/.config/dvc/config
 *     repository    .dvc/config           committed, so never a secret in it
 *     local         .dvc/config.local     of this clone alone
 *
 * Names of sections, keys and storages are lower case, however they are spelled. A relative path is relative to the folder of
 * the file in which it stands.
 */
import { interpolate } from './dvc-config-interpolation.ts';
import { type ConfigSection, parseConfigText } from './dvc-config-text.ts';
import type { ConfigValue } from './dvc-config-value.ts';

/** In the order in which they override each other. */
export const CONFIG_LEVELS = ['system', 'user', 'repository', 'local'] as const;
export type ConfigLevel = (typeof CONFIG_LEVELS)[number];

/** A file of one level, as it is. */
export type ConfigFile = {
  readonly level: ConfigLevel;
  /** Absolute, with `/`. */
  readonly path: string;
  readonly text: string;
};

/** Which section: a plain one such as `core`, or that of a storage. */
export type SectionName = string | { readonly remote: string };

/** What a key says, and the file that says so. */
export type ConfigSetting = { readonly value: ConfigValue; readonly level: ConfigLevel };

type Settings = ReadonlyMap<string, ConfigSetting>;

export type DvcConfig = {
  /** By name, and by key: `core`, `cache` and so on. */
  readonly sections: ReadonlyMap<string, Settings>;
  /** By the storage's name, in the order in which DVC lists them. */
  readonly remotes: ReadonlyMap<string, Settings>;
};

/**
 * Reads files and unites them.
 * @param files lowest level first
 * @param home the user's folder, which `~/` at the beginning of a path stands for
 * @throws CmfError `damaged` where DVC would refuse a file too
 */
export function readDvcConfig(files: readonly ConfigFile[], home: string): DvcConfig {
  const sections = new Map<string, Map<string, ConfigSetting>>();
  const remotes = new Map<string, Map<string, ConfigSetting>>();
  for (const file of files) {
    for (const [title, section] of lastOfEachName(file)) {
      const remote = remoteNameOf(title);
      const [owner, name] = remote === undefined ? [sections, title] : [remotes, remote];
      const settings = owner.get(name) ?? new Map<string, ConfigSetting>();
      owner.set(name, settings);
      const isPath = (key: string) =>
        remote === undefined ? title === 'cache' && key === 'dir' : REMOTE_PATH_KEYS.has(key);
      for (const [key, setting] of settingsOf(section, file, home, isPath)) settings.set(key, setting);
    }
  }
  return { sections, remotes };
}

function settingsOf(
  section: ConfigSection,
  { path, level }: ConfigFile,
  home: string,
  isPath: (key: string) => boolean,
): (readonly [key: string, setting: ConfigSetting])[] {
  return section.entries.map((entry) => {
    const key = entry.key.toLowerCase();
    const said = interpolate(section, entry.key, entry.value, path);
    const value = isPath(key) && typeof said === 'string' ? resolvePath(said, folderOfFile(path), home) : said;
    return [key, { value, level }];
  });
}

/** Sections whose names differ in case only are one for DVC, and the last one is all there is of it. */
function lastOfEachName(file: ConfigFile): ReadonlyMap<string, ConfigSection> {
  const top = parseConfigText(file.text, file.path).filter(({ depth }) => depth === 1);
  return new Map(top.map((section) => [canonicalName(section.name), section]));
}

/** One spelling for `remote "x"` and `Remote  "X"`. */
function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  const remote = remoteNameOf(lower);
  return remote === undefined ? lower : sectionTitle({ remote });
}

const REMOTE_NAME = /^\s*remote\s*"(.*)"\s*$/;

function remoteNameOf(lower: string): string | undefined {
  return REMOTE_NAME.exec(lower)?.[1];
}

/** Keys of a storage whose value is a path on this machine, or a URL. */
const REMOTE_PATH_KEYS: ReadonlySet<string> = new Set([
  'url',
  'credentialpath',
  'configpath',
  'keyfile',
  'cert_path',
  'key_path',
  'gdrive_user_credentials_file',
  'gdrive_service_account_json_file_path',
]);

/** What stands between the brackets. */
export function sectionTitle(name: SectionName): string {
  return typeof name === 'string' ? name : `remote "${name.remote}"`;
}

/** True for a section that DVC takes for the one of this name. */
export function isSectionOf(section: ConfigSection, name: SectionName): boolean {
  return section.depth === 1 && canonicalName(section.name) === sectionTitle(name);
}

/** A path or URL of a configuration file, as DVC understands it from any folder. */
export function resolvePath(path: string, folder: string, home: string): string {
  if (/^\w+:\/\//.test(path) || path.startsWith('/')) return path;
  if (path === '~' || path.startsWith('~/')) return `${home}${path.slice(1)}`;
  return normalise(`${folder}/${path}`);
}

/** The path that leads from a folder to a path. Both absolute. */
export function relativePath(folder: string, path: string): string {
  const [from, to] = [folder, path].map((one) => normalise(one).split('/').filter(Boolean)) as [string[], string[]];
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared++;
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/') || '.';
}

/** Without `.`, `..`, empty parts and a slash at the end; links are not looked at, as DVC does not. */
function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function folderOfFile(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** A setting of a plain section, where it is one text. */
export function configText(config: DvcConfig, section: string, key: string): string | undefined {
  const value = config.sections.get(section)?.get(key)?.value;
  return typeof value === 'string' ? value : undefined;
}
