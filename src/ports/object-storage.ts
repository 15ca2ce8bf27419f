import type { ObjectFolder } from '../domain/dvc-cache.ts';
import type { StorageKey } from '../domain/storage-key.ts';

/** An object as a listing shows it. */
export type StoredObject = { readonly key: StorageKey; readonly sizeBytes: number };

/** A file of a put that has not ended. */
export type UnfinishedFile = StoredObject & {
  /** By the clock of the storage, milliseconds since the epoch. */
  readonly modifiedMs: number;
};

/** A file of this machine that is to be stored. */
export type SourceFile = {
  /** Absolute. */
  readonly path: string;
  /** What the caller counted; a file that has not just as many bytes is not stored. */
  readonly sizeBytes: number;
  /** When it was last written to before its content was checked; one that was written to since is not stored. */
  readonly modifiedMs?: number;
};

export type GetOptions = {
  /**
   * Called at the beginning of each try; what it returns sees every byte of that try, in order, before it is in the file: for
   * hashing them in passing.
   */
  readonly observe?: () => (chunk: Uint8Array) => void;
};

/**
 * Where bytes are kept: objects with keys, below one URL. No byte is judged here: whoever gets an object compares it with its
 * name.
 *
 * Every failure is a StorageFailure, which says whether trying again may help; nothing tries again by itself (see
 * src/app/retrying-storage.ts). Operations may run at once; a connection that broke is made anew by the next one.
 */
export interface ObjectStorage {
  /** How many operations at once it works best with. */
  readonly parallel: number;
  /**
   * Where the objects lie, for a storage on the disks of this machine: who moves many at once reaches them there (see
   * ObjectCache.copy).
   */
  readonly folder?: ObjectFolder;
  /**
   * Objects whose keys begin with `prefix`, in batches as they come, in no order. Empty where there is nothing yet. Files that
   * are being written are no objects.
   */
  list(prefix: string): AsyncIterable<readonly StoredObject[]>;
  /** The sizes of those of the keys that are there. */
  sizes(keys: readonly StorageKey[]): Promise<ReadonlyMap<StorageKey, number>>;
  /**
   * Stores a file under a key, whole or not at all, whatever breaks meanwhile; what has the key is replaced.
   * @throws StorageFailure `conflict` when the file is not as long as its size, or was written to
   */
  put(key: StorageKey, source: SourceFile): Promise<void>;
  /**
   * Writes an object into a new file, whole; on failure the file is gone.
   * @param path absolute; nothing may be there
   * @returns its size
   * @throws StorageFailure `not-found` when there is no such object
   */
  get(key: StorageKey, path: string, options?: GetOptions): Promise<number>;
  /**
   * What puts have not ended: those that are at work, and those whose process died, also of DVC, which has the same names.
   * `remove` takes their keys.
   */
  unfinished(): Promise<readonly UnfinishedFile[]>;
  /** Removes an object; no error when it is gone already. */
  remove(key: StorageKey): Promise<void>;
  /** Makes durable what was put, where that is left to us. */
  settle(): Promise<void>;
  /** Ends connections. */
  close(): Promise<void>;
}
