/**
 * Names of objects in a storage, relative to its URL: DVC's layout.
 *
 *     files/md5/d4/1d8cd98f00b204e9800998ecf8427e          a file
 *     files/md5/28/cf4050d7f5023cf2af22df8358f607.dir      a folder's list
 *     d4/1d8cd98f00b204e9800998ecf8427e[.dir]              the same of DVC 2, by its own kind of md5
 */

/** A relative path with `/`, without empty parts, `.` and `..`. */
export type StorageKey = string & { readonly brand: 'storage-key' };

/** How the md5 of an object was computed, and so which layout it has. */
export type ObjectLayout = 'md5' | 'legacy';

/** An object as its key names it. */
export type ObjectName = {
  readonly layout: ObjectLayout;
  /** 32 lower-case hex digits. */
  readonly md5: string;
  readonly isDirectory: boolean;
};

/** Where DVC 3 keeps everything. */
export const OBJECTS_PREFIX = 'files/md5/';

/** True for a text that may be a key: it stays below the URL, and no system takes a part of it for something else. */
export function isStorageKey(text: string): text is StorageKey {
  if (text === '' || text.length > 1024 || /[\x00-\x1f\x7f\\]/.test(text)) return false;
  return text.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** The key of an object. */
export function objectKey({ layout, md5, isDirectory }: ObjectName): StorageKey {
  const path = `${md5.slice(0, 2)}/${md5.slice(2)}${isDirectory ? '.dir' : ''}`;
  return (layout === 'md5' ? `${OBJECTS_PREFIX}${path}` : path) as StorageKey;
}

/** The object that a key names; undefined for any other file. */
export function parseObjectKey(key: string): ObjectName | undefined {
  const [, prefix, start, rest, dir] = /^(files\/md5\/)?([0-9a-f]{2})\/([0-9a-f]{30})(\.dir)?$/.exec(key) ?? [];
  if (start === undefined) return undefined;
  return { layout: prefix === undefined ? 'legacy' : 'md5', md5: `${start}${rest}`, isDirectory: dir !== undefined };
}

/** Where objects are written before they are whole, by names that nobody would choose. */
const UNFINISHED: readonly RegExp[] = [
  // One that is put, by us or by DVC: beside where it will lie.
  /^(?:files\/md5\/)?[0-9a-f]{2}\/\.[A-Za-z0-9_-]{22}[0-9]*\.tmp$/,
  // Many that are copied at once: a large one above the folders, one that another lies in the way of beside it,
  /^files\/md5\/(?:[0-9a-f]{2}\/)?\.[A-Za-z0-9_-]{12}[0-9]{9}\.tmp$/,
  // and all others of a new folder under their own names, in one that has no name yet.
  /^files\/md5\/\.[A-Za-z0-9_-]{12}[0-9a-f]{2}\.tmp\/[0-9a-f]{30}$/,
];

/** True for a file that somebody has not ended to write, and for no other. */
export function isUnfinishedKey(key: string): key is StorageKey {
  return UNFINISHED.some((pattern) => pattern.test(key));
}

/** True for the name of a file that is being written, ours or DVC's: no object. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}
