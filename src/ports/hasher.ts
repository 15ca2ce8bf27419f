import type { Digest } from '../domain/digest.ts';

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
  /** `md5` and `blake3`, of one read. */
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
  /** The text of the `.dir` object; there exactly if `md5-dir` is. */
  readonly dirText: string | undefined;
  readonly leftOut: readonly LeftOut[];
};

/** What a path holds, by content. */
export type Hashed = HashedFile | HashedDirectory;

export type HashOptions = {
  /**
   * Top of the work tree, absolute. Its `.dvcignore` files and those down to the path's folder are obeyed, and a path
   * outside of it gets the verdict that DVC cannot store it.
   */
  readonly root: string;
};

/** Computes content digests. */
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
