/** Git bundles: a file that holds commits and refs, for sites that no network joins. */
import type { GitRepository, Oid, Ref, RepositoryLayout } from './git.ts';

/** What a bundle says of itself before its objects begin. */
export type BundleHeader = {
  readonly objectFormat: RepositoryLayout['objectFormat'];
  /** Commits that are not in it and that its own commits build upon. */
  readonly needs: readonly Oid[];
  readonly refs: readonly Ref[];
};

/**
 * A repository that lives as long as one command. It sees all objects of the one it was made for, and nothing written here
 * is seen there: what a stranger's bundle brings is judged here, and goes with it.
 */
export type BundleRoom = {
  readonly directory: string;
  readonly repository: GitRepository;
  /**
   * Brings in what a bundle holds: each of its refs under its own name. Rejects with `not-found` when a commit that it
   * needs is missing or reached by no ref here, `damaged` when it is not whole, `refused` when it brings a history: more
   * commits than refs.
   */
  unpack(file: string, header: BundleHeader): Promise<void>;
  /** Writes refs of the room into a bundle, without what `without` reach. Whole and durable, or not there at all. */
  pack(file: string, refs: readonly string[], without: readonly Oid[]): Promise<void>;
  /** Removes it. */
  close(): Promise<void>;
};

export interface GitBundles {
  /** Reads the header of a bundle. Rejects with `not-found` and `damaged`. */
  readHeader(file: string): Promise<BundleHeader>;
  /** Writes what comes in pieces into a new file. Rejects with `damaged` as soon as it does not begin like a bundle. */
  save(input: AsyncIterable<Uint8Array>, file: string): Promise<void>;
  /** The bytes of a file, in pieces. */
  read(file: string): AsyncIterable<Uint8Array>;
  /** Makes a room; what lies in the directory is removed first. Absolute. */
  openRoom(directory: string): Promise<BundleRoom>;
}
