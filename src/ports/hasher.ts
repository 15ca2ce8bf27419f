import type { Digest } from '../domain/digest.ts';
import type { CachePlace } from '../domain/dvc-cache.ts';
import type { FileTable } from '../domain/file-table.ts';

/** Whether DVC could store what was hashed, and if not, why: a sentence part that follows "no pointer was written: ". */
export type DvcVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Something in a directory that is no part of its digest. DVC leaves the same out, without a word. */
export type LeftOut = {
  /** Relative to the directory, with `/`; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly why: 'ignored' | 'linked-folder' | 'nested-dvc-repository' | 'repository-folder';
};

export type HashedFile = {
  readonly kind: 'file';
  /** `md5` and `blake3`, of one read; `sha256` where it was asked for. */
  readonly digests: readonly Digest[];
  readonly sizeBytes: number;
  /** True if any of the three x bits is set. */
  readonly executable: boolean;
  readonly dvc: DvcVerdict;
};

export type HashedDirectory = {
  readonly kind: 'directory';
  /** `md5-dir` and `blake3-tree`, of one read of each file; only `blake3-tree` where DVC has no form for a name. */
  readonly digests: readonly Digest[];
  /** Sum of the sizes of all files, each path counted. */
  readonly sizeBytes: number;
  readonly nfiles: number;
  readonly dvc: DvcVerdict;
  /**
   * Its files, as they were when it was hashed. Not known before they are asked for where nothing changed.
   * @throws CmfError `conflict` when a file has changed since
   */
  readonly listFiles: () => Promise<FileTable>;
  readonly leftOut: readonly LeftOut[];
};

/** What a path holds, by content. */
export type Hashed = HashedFile | HashedDirectory;

/** How far hashing is. The totals grow while folders are still being read. */
export type HashProgress = {
  readonly files: number;
  readonly bytes: number;
  readonly filesTotal: number;
  readonly bytesTotal: number;
};

export type HashOptions = {
  /**
   * Top of the work tree, absolute. Its `.dvcignore` files and those down to the path's folder are obeyed, and a path
   * outside of it gets the verdict that DVC cannot store it.
   */
  readonly root: string;
  /** True: SHA-256 of a file too. */
  readonly sha256?: boolean;
  /** True: DVC 2's digests instead (`md5-dos2unix`, `md5-dos2unix-dir`); nothing is kept or remembered. */
  readonly legacy?: boolean;
  /**
   * DVC's cache, in which the content is kept too: the bytes that were hashed, whole and durable before they bear their
   * name; members before the list of a directory. Nothing is kept of a path that DVC cannot store.
   */
  readonly keepIn?: CachePlace;
  readonly onProgress?: (progress: HashProgress) => void;
};

/** Computes content digests. Files that did not change since they were last hashed here are not read again. */
export interface Hasher {
  /**
   * Hashes a file, or a directory as DVC 3 walks it: links to files are followed, links to folders, nested DVC
   * repositories, `.git`, `.hg` and `.dvc` folders and what `.dvcignore` names are left out.
   *
   * @param path absolute
   * @throws CmfError `not-found`; `refused` for a link to nothing, a FIFO, socket or device; `conflict` when a file
   * changed while it was hashed; `environment` when the operating system refuses
   */
  hash(path: string, options: HashOptions): Promise<Hashed>;
}
