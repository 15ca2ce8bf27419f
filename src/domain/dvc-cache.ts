import type { Digest } from './digest.ts';

/** How a file of the work tree gets its bytes from the cache. */
export type LinkType = 'reflink' | 'hardlink' | 'symlink' | 'copy';

const LINK_TYPES: readonly LinkType[] = ['reflink', 'hardlink', 'symlink', 'copy'];
const DEFAULT_LINK_TYPES: readonly LinkType[] = ['reflink', 'copy'];

/** A folder of this machine with objects in DVC's layout: a cache, or a storage. */
export type ObjectFolder = {
  /** Absolute. */
  readonly directory: string;
  /** `shared = group`: folders in it belong to the group. */
  readonly group: boolean;
};

/** Where DVC's cache is (`cache.dir`, `cache.shared`) and how it is used. */
export type CachePlace = ObjectFolder & {
  /** `cache.type`: tried in this order. */
  readonly linkTypes: readonly LinkType[];
};

/**
 * Reads `cache.type`, a list with commas.
 * @returns DVC's default for none; undefined for a word that DVC does not know
 */
export function parseLinkTypes(text: string | undefined): readonly LinkType[] | undefined {
  if (text === undefined || text.trim() === '') return DEFAULT_LINK_TYPES;
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  const types = words.flatMap((word) => LINK_TYPES.filter((type) => type === word));
  return types.length === words.length ? types : undefined;
}

/** Folder of the cache below which objects of DVC 3 lie. */
export const OBJECTS_FOLDER = 'files/md5';

/**
 * Where an object lies, relative to the cache: `files/md5/ab/cdef…[.dir]`, and of DVC 2 `ab/cdef…[.dir]`.
 * @returns undefined for a digest that is no name of an object
 */
export function objectPath({ kind, value }: Digest): string | undefined {
  const name = `${value.slice(0, 2)}/${value.slice(2)}`;
  switch (kind) {
    case 'md5':
      return `${OBJECTS_FOLDER}/${name}`;
    case 'md5-dir':
      return `${OBJECTS_FOLDER}/${name}.dir`;
    case 'md5-dos2unix':
      return name;
    case 'md5-dos2unix-dir':
      return `${name}.dir`;
    default:
      return undefined;
  }
}

/** True for a digest of a directory's list of files. */
export function isDirDigest({ kind }: Digest): boolean {
  return kind === 'md5-dir' || kind === 'md5-dos2unix-dir';
}

/** The digest by which a member of a directory, or a file itself, is stored: DVC 2's pointers speak of DVC 2's hashes. */
export function memberDigest(artifact: Digest, md5: string): Digest {
  return { kind: artifact.kind.startsWith('md5-dos2unix') ? 'md5-dos2unix' : 'md5', value: md5 };
}

/** The digest that an object's path in the cache promises; undefined for a file that is no object. */
export function digestOfObject(path: string): Digest | undefined {
  const [, current, shelf = '', rest = '', dir = ''] =
    /^(files\/md5\/)?([0-9a-f]{2})\/([0-9a-f]{30})(\.dir)?$/.exec(path) ?? [];
  if (rest === '') return undefined;
  return { kind: `md5${current === undefined ? '-dos2unix' : ''}${dir === '' ? '' : '-dir'}`, value: shelf + rest };
}
