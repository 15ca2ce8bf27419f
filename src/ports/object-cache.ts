import type { Digest } from '../domain/digest.ts';
import type { DigestSet } from '../domain/digest-set.ts';
import type { CachePlace, ObjectFolder } from '../domain/dvc-cache.ts';
import type { CmfError } from '../domain/errors.ts';
import type { HashProgress } from './hasher.ts';

/** An object of the cache that is not what its name says, or not as DVC keeps it. */
export type BadObject = {
  readonly digest: Digest;
  /** Absolute. */
  readonly path: string;
  readonly problem: 'other-content' | 'missing' | 'unreadable' | 'writable';
};

/** An object, and how large it should be. */
export type SizedObject = { readonly digest: Digest; readonly sizeBytes: number };

export type VerifyReport = { readonly objects: number; readonly bytes: number; readonly bad: readonly BadObject[] };

/** A file to be written into a work tree. */
export type CheckoutFile = {
  /** Relative to `CheckoutOrder.root`, with `/`; plain: no `..`, not absolute. */
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
};

export type CheckoutOrder = {
  /** The work tree or another folder, absolute: nothing outside of it is touched, whatever symbolic links say. */
  readonly root: string;
  /** Relative to the root; removed first, and folders that become empty with them, up to but not including `keep`. */
  readonly removes: readonly string[];
  readonly keepFolder: string;
  readonly writes: Iterable<CheckoutFile>;
  /** How many these are, for progress. */
  readonly writesTotal?: number;
  /** Files that are right but for the x bit, which they get. */
  readonly executables?: readonly string[];
  /** A folder that must be there in the end, though it may be empty. */
  readonly emptyFolder?: string | undefined;
  readonly onProgress?: (progress: HashProgress) => void;
};

/** An object of the cache as its folder shows it. */
export type CachedObject = {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** When it came there or was last renamed, linked or changed: the later of mtime and ctime, milliseconds since the epoch. */
  readonly changedMs: number;
};

/** What a removal did. */
export type Removal = {
  /** Those that were there and are gone by it. */
  readonly removed: readonly Digest[];
  /** Why the first of those that could not be removed is still there. */
  readonly failure: CmfError | undefined;
};

/** Files that were being written when their process died. */
export type Leftovers = {
  readonly files: number;
  readonly bytes: number;
  /** As of a `Removal`. */
  readonly failure: CmfError | undefined;
};

/** Fills a new file with the bytes of an object, and shows them to what `observe` gives for each try. @returns its size */
export type FetchInto = (path: string, observe: () => (chunk: Uint8Array) => void) => Promise<number>;

/** Objects that come from elsewhere, on their way into the cache. */
export interface ObjectIntake {
  /**
   * Takes one object, if its bytes are what its digest says and, of a directory's list, one that a reader may accept.
   * @returns its size
   * @throws CmfError `damaged` for any other, of which nothing stays; `environment`; whatever `fetch` throws
   */
  take(digest: Digest, fetch: FetchInto): Promise<number>;
  /** Makes durable what was taken, and only then gives it its name and DVC's mark of trust. */
  commit(): Promise<void>;
  /** Removes what was taken and has no name yet. */
  discard(): void;
}

/** A folder with objects, as it was when somebody began to look at it. */
export interface FolderWatch {
  /** What was remembered under a name, if no object came or went since then. */
  recall(name: string): number | undefined;
  /** To be called before the objects are looked at one by one. */
  begin(): void;
  /** To be called when that look is over. What might have changed meanwhile is not remembered. */
  remember(name: string, count: number): void;
}

/** DVC's cache. Objects of this machine come into it while files are hashed (see hasher.ts). */
export interface ObjectCache {
  /** True if the object is there; its bytes are not looked at. */
  has(place: CachePlace, digest: Digest): boolean;
  /** Those of these objects that are not there. Fast for many. */
  missing(place: CachePlace, digests: Iterable<Digest>): readonly Digest[];
  /**
   * How many objects of an artifact are not there: its own, and of a directory the distinct contents of its files. Where
   * nothing was missing the last time, and nothing came or went since, no object is looked at.
   * @param members their digests, asked for only where they are needed
   */
  countMissing(place: CachePlace, digest: Digest, members: () => Promise<Iterable<Digest>>): Promise<number>;
  /**
   * Of each of these objects, by its number: its size, -1 for one that is not there; when it was last written to,
   * milliseconds since the epoch; and 1 where its mode is DVC's mark of trust.
   */
  look(
    place: CachePlace,
    objects: DigestSet,
  ): { readonly sizes: Float64Array; readonly modified: Float64Array; readonly trusted: Uint8Array };
  /** Watches a folder with DVC's layout, such as a storage; undefined where nothing can be remembered. */
  watch(folder: ObjectFolder): FolderWatch | undefined;
  /** Where the bytes of an object are, absolute. */
  pathOf(place: CachePlace, digest: Digest): string;
  /** Takes in objects from elsewhere. */
  openIntake(place: CachePlace): ObjectIntake;
  /** All objects that are there. */
  list(place: CachePlace): Iterable<CachedObject>;
  /**
   * Removes objects. One that is gone already is no failure, and one that cannot be removed stops no other.
   * @param olderThanMs one that came or changed after this stays, see `CachedObject.changedMs`
   */
  remove(place: CachePlace, digests: readonly Digest[], olderThanMs: number): Removal;
  /** A path with all symbolic links followed; itself where nothing is there. */
  realPath(path: string): string;
  /**
   * Files that were being written and were left behind by a process that died.
   * @param olderThanMs what changed after this is not looked at: somebody may still write it
   * @param remove true: what is told was removed; one that cannot be removed stops no other
   */
  leftovers(place: CachePlace, olderThanMs: number, remove: boolean): Leftovers;
  /**
   * The bytes of a `.dir` object, whose hash is checked; undefined when it is not there.
   * @throws CmfError `damaged` when it is not what its name says
   */
  readDirectory(place: CachePlace, digest: Digest): Buffer | undefined;
  /**
   * Writes files into a work tree by the link types of the cache. Each is there whole or not at all. An object of more
   * than 1 MiB, and one that becomes a link, is taken as right if it has the mode that DVC trusts; all others are hashed.
   * @throws CmfError `refused` where a folder on the way is a symbolic link; `damaged` for an object that is not what its
   * name says; `conflict`, `environment`
   */
  checkout(place: CachePlace, order: CheckoutOrder): Promise<void>;
  /**
   * Copies objects between the cache and another folder of this machine with its layout, such as a storage. Each is hashed
   * on its way, and durable before it has its name; one that is there whole stays.
   * @param objects of the kind `md5`
   * @returns `bad`: those that are not what their names say, and were not copied
   * @throws CmfError for anything else, such as one that is gone, or a full disk; some may have been copied
   */
  copy(
    from: ObjectFolder,
    to: ObjectFolder,
    objects: Iterable<SizedObject>,
    onProgress?: (progress: HashProgress) => void,
  ): Promise<VerifyReport>;
  /** Reads and hashes objects again, whatever their mode promises. @param digests all that are there unless given */
  verify(
    place: CachePlace,
    digests: Iterable<Digest> | undefined,
    onProgress?: (progress: HashProgress) => void,
  ): Promise<VerifyReport>;
}
